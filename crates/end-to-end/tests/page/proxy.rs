//! The page behind nginx, below a path, as the README shows it.

use anyhow::{Result, ensure};
use end_to_end::{Nginx, Place, ViewerPage, pattern_camera};

pub(crate) const WITH_WEBSOCKETS: &str = "
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_buffering off;
    proxy_read_timeout 1h;";

#[tokio::test]
async fn the_page_works_behind_nginx_below_a_path() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let nginx = Nginx::start(bridge.address, WITH_WEBSOCKETS).await?;
    let page = ViewerPage::open(&format!("http://{}/cams/", nginx.address)).await?;
    page.until_live(2).await?;
    page.until_painted(0, 10).await?;

    // Who comes through a proxy may look at the settings, and is told why they cannot be changed.
    page.focus(0).await?;
    page.chromium.press('e').await?;
    let reason = page
        .chromium
        .until(
            "a reason",
            "
        return document.querySelector('#settings [data-panel=reason]:not([hidden])')?.textContent;",
        )
        .await?;
    ensure!(reason.as_str().is_some_and(|reason| reason.contains("forwarded")), "{reason}");
    let rows = page
        .chromium
        .until(
            "the settings",
            "
        const rows = document.querySelector('#settings [data-panel=rows]');
        return rows.querySelector('input, select') ? 'can be changed' : rows.innerText;",
        )
        .await?;
    ensure!(rows.as_str().is_some_and(|rows| rows.contains("JPEG quality") && rows.contains("80")), "{rows}");
    page.close().await
}

#[tokio::test]
async fn a_proxy_that_passes_no_websockets_on_is_named_on_the_page() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let nginx = Nginx::start(bridge.address, "").await?;
    let page = ViewerPage::open(&format!("http://{}/cams/", nginx.address)).await?;
    let said = page.until_trouble("proxy").await?;
    ensure!(said.starts_with("The bridge is there but opens no WebSocket"), "{said}");
    page.close_where(|error| error.contains("WebSocket connection to")).await
}
