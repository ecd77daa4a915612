//! The page of a bridge that asks for a token, as a browser keeps it.

use anyhow::{Result, ensure};
use end_to_end::{Nginx, Place, ViewerPage, pattern_camera};

use crate::proxy::WITH_WEBSOCKETS;

fn config(token: &str) -> String {
    format!("{}{}[bridge]\nview_token = '{token}'\n", pattern_camera(0), pattern_camera(1))
}

#[tokio::test]
async fn a_page_that_was_opened_with_its_token_has_none_in_its_address_and_goes_on_working() -> Result<()> {
    let place = Place::new(&config("let-me-see"))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let nginx = Nginx::start(bridge.address, WITH_WEBSOCKETS).await?;
    for folder in [format!("http://{}/", bridge.address), format!("http://{}/cams/", nginx.address)] {
        let page = ViewerPage::open(&format!("{folder}?token=let-me-see&cameras=1")).await?;
        page.until_live(1).await?;
        let address = page.chromium.run("return location.href;").await?;
        assert_eq!(address.as_str(), Some(format!("{folder}?cameras=1").as_str()));
        let cookie = page.chromium.run("return document.cookie;").await?;
        assert_eq!(cookie.as_str(), Some(""), "no script can read it");
        // Opened again from its address, as from a bookmark.
        page.chromium.open(&folder).await?;
        page.until_live(2).await?;
        page.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_page_whose_token_has_become_another_one_says_so() -> Result<()> {
    let place = Place::new(&config("let-me-see"))?;
    let bridge = place.bridge().await?;
    let address = bridge.address;
    let _grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{address}/?token=let-me-see")).await?;
    page.until_live(2).await?;
    drop(bridge);
    place.configure(&config("somebody-else"))?;
    let _bridge = place.bridge_at(address).await?;
    let said = page.until_trouble("token").await?;
    ensure!(said.starts_with("The bridge asks for a token"), "{said}");
    page.close_where(|error| ["WebSocket connection to", "REFUSED", "401"].iter().any(|known| error.contains(known)))
        .await
}
