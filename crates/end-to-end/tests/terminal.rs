//! What a person sees of the grabber itself: lines that stay in their place, and on a pipe what has changed.

use std::time::Duration;

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Place, Signal, Terminal, WsClient, pattern_camera};

/// Enough for the rate grabbed; what follows it is cut.
const COLUMNS: u16 = 90;
const ROWS: u16 = 8;

/// More of them than the window has rows, with letters that take two cells.
fn many_cameras() -> String {
    let camera = |id: u8| {
        let name = format!("第{id}号機 東門の監視カメラ");
        format!("[[camera]]\nid = {id}\nname = \"{name}\"\nsource = \"pattern\"\nwidth = 64\nheight = 48\nfps = 30\n")
    };
    (0..12).map(camera).collect()
}

fn holds(rows: &[String], words: &str) -> usize {
    rows.iter().filter(|row| row.contains(words)).count()
}

#[tokio::test]
async fn on_a_terminal_the_cameras_lines_stay_in_their_place_and_the_log_goes_on_above_them() -> Result<()> {
    let place = Place::new(&many_cameras())?;
    let mut terminal = Terminal::open(COLUMNS, ROWS)?;
    let mut grabber = place.grabber_on_terminal(&terminal)?;
    let drawn = |rows: &[String]| holds(rows, "6 more cameras") == 1 && holds(rows, "grabbed   30.") > 0;
    terminal.until("cameras with their rates", PATIENCE, drawn).await?;

    // Each of these is a line of the log, and the rates are drawn anew meanwhile.
    let mut bridge = place.bridge().await?;
    let _viewer = WsClient::connect(bridge.address).await?;
    terminal.until("connection in the log", PATIENCE, |rows| holds(rows, "connected to the bridge") == 1).await?;
    bridge.process.kill()?;
    // A line of the log is there a moment before the drawing below it.
    let ended =
        |rows: &[String]| holds(rows, "the bridge is gone") == 1 && rows[rows.len() - 2].contains("6 more cameras");
    let all = terminal.until("end of it in the log", PATIENCE, ended).await?;
    let (above, window) = all.split_at(all.len() - usize::from(ROWS));
    let shown = all.join("\n");
    println!("{shown}");
    assert_eq!(window[7], "", "the cursor is below the last line");
    for (camera, line) in window.iter().take(6).enumerate() {
        ensure!(line.starts_with(&format!("  {camera} 第{camera}号機")), "camera {camera}: {line}");
    }
    assert_eq!(holds(above, "grabbed "), 0, "a drawing was left behind:\n{shown}");
    for once in ["connected to the bridge", "the bridge is gone"] {
        assert_eq!(holds(&all, once), 1, "«{once}» in\n{shown}");
    }
    // Each camera said that it streams, and none of it was drawn over.
    assert_eq!(holds(&all, " streaming 64x48"), 12, "{shown}");

    grabber.signal(Signal::TERM)?;
    assert_eq!(grabber.ended(PATIENCE).await?.code, 0);
    Ok(())
}

#[tokio::test]
async fn on_a_pipe_a_line_a_second_at_most_tells_what_has_changed_of_all_cameras() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let mut grabber = place.grabber(&[])?;
    let words = ["camera 0 (Camera 0): streaming, grabbed", "; camera 1 (Camera 1): streaming, ", " encode "];
    let has_all = |line: &str| words.iter().all(|words| line.contains(words));
    grabber.wait_for_line_where("both cameras", PATIENCE, has_all).await?;
    let seconds = 5;
    viewer.bundles_for(Duration::from_secs(seconds)).await?;
    grabber.signal(Signal::TERM)?;
    let ended = grabber.ended(PATIENCE).await?;
    let told = ended.stderr.lines().filter(|line| line.contains("grabbed ")).count();
    ensure!((1..=seconds as usize + 2).contains(&told), "{told} lines in {seconds} s:\n{}", ended.stderr);
    Ok(())
}
