//! Cameras without power, cameras that hang, cameras that are changed.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use end_to_end::{Signal, http_post, status_of_cameras};
use serde_json::{Value, json};

use super::{BACK, REOPENED, Recovery, World};
use crate::board::{Camera, Hurt, Site};
use crate::stage::{CHANGED, GIGE, NETWORK, PATTERN};

/// How long a camera is out, in ms.
const OUT: Range<u64> = 0..3000;
/// How long it hangs: from less than what is taken for a stall to more than what a GigE camera waits for its grabber.
const HANGS: Range<u64> = 500..6000;
/// How long the state that was asked for may take to be told.
const TOLD: Duration = Duration::from_secs(3);
/// How long a bad line is bad.
const BAD_LINE: Duration = Duration::from_secs(2);

impl World {
    pub(super) async fn gige_killed(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site, id: GIGE }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        self.stage.grabber(site).gige.kill()?;
        self.a_while(OUT).await;
        self.stage.grabber(site).gige.switch_on().await?;
        self.recovers(vec![(hurt, REOPENED)]).await
    }

    pub(super) async fn gige_stopped(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site, id: GIGE }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        self.stage.grabber(site).gige.signal(Signal::STOP)?;
        self.a_while(HANGS).await;
        self.stage.grabber(site).gige.signal(Signal::CONT)?;
        self.recovers(vec![(hurt, REOPENED)]).await
    }

    pub(super) async fn network_killed(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site, id: NETWORK }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        self.stage.grabber(site).network.kill()?;
        self.a_while(OUT).await;
        self.stage.grabber(site).network.start()?;
        self.recovers(vec![(hurt, REOPENED)]).await
    }

    pub(super) async fn network_stopped(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site, id: NETWORK }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        self.stage.grabber(site).network.signal(Signal::STOP)?;
        self.a_while(HANGS).await;
        self.stage.grabber(site).network.signal(Signal::CONT)?;
        self.recovers(vec![(hurt, REOPENED)]).await
    }

    pub(super) async fn stopped_by_hand(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let id = *self.rng.choice(&[GIGE, NETWORK, PATTERN]).context("a camera")?;
        let hurt = vec![Camera { site, id }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        self.control(site, &format!("/api/camera/{id}/stop"), true).await?;
        self.is_told(site, id, |camera| camera["state"] == "stopped").await?;
        self.control(site, &format!("/api/camera/{id}/start"), true).await?;
        self.recovers(vec![(hurt, if id == PATTERN { BACK } else { REOPENED })]).await
    }

    pub(super) async fn reload(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site: Site::Restless, id: CHANGED }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        let quality = self.rng.u8(50..95);
        self.stage.steady_grabber.configure(quality)?;
        self.control(Site::Restless, "/api/reload", true).await?;
        self.is_told(Site::Restless, CHANGED, |camera| camera["reported"]["jpeg_quality"] == quality).await?;
        self.recovers(vec![(hurt, BACK)]).await
    }

    pub(super) async fn reload_refused(&mut self) -> Result<Recovery> {
        let file = self.stage.steady_grabber.place.config();
        let good = std::fs::read_to_string(&file)?;
        std::fs::write(&file, good.clone() + "no_such_key = 1\n")?;
        let answered = self.control(Site::Restless, "/api/reload", false).await;
        std::fs::write(&file, good)?;
        answered?;
        self.nobody_noticed().await
    }

    pub(super) async fn lossy_line(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let hurt = vec![Camera { site, id: GIGE }];
        let _excused = board.excuse(hurt.clone(), Hurt::Pauses);
        // Of a thousand packets, some two hundred of which make a frame.
        let lost = self.rng.u32(1..5);
        let gige = &mut self.stage.grabber(site).gige;
        gige.kill()?;
        gige.switch_on_losing(lost).await?;
        let worst = self.recovers(vec![(hurt.clone(), REOPENED)]).await?;
        tokio::time::sleep(BAD_LINE).await;
        // Whole frames still come.
        self.recovers(vec![(hurt.clone(), BACK)]).await?;
        let gige = &mut self.stage.grabber(site).gige;
        gige.kill()?;
        gige.switch_on().await?;
        let again = self.recovers(vec![(hurt, REOPENED)]).await?;
        Ok(if again.took > worst.took { again } else { worst })
    }

    /// Waits until a bridge says something of a camera.
    async fn is_told(&mut self, site: Site, id: u8, is_so: impl Fn(&Value) -> bool) -> Result<()> {
        let (address, begin) = (self.stage.bridge(site).address, Instant::now());
        loop {
            let cameras = status_of_cameras(address).await?;
            let camera = cameras.iter().find(|camera| camera["camera_id"] == id).context("no such camera")?;
            if is_so(camera) {
                return Ok(());
            }
            ensure!(begin.elapsed() < TOLD, "what was asked of camera {id} is not what is told: {camera}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks for something, which is to be done or to be refused with a sentence.
    pub(super) async fn control(&mut self, site: Site, path: &str, is_done: bool) -> Result<()> {
        let address = self.stage.bridge(site).address;
        let (status, body) = http_post(address, path, &json!({})).await?;
        let answer: Value = serde_json::from_str(&body).with_context(|| format!("{path} answered {status}: {body}"))?;
        ensure!((status == 200) == is_done, "{path} answered {status}: {answer}");
        Ok(())
    }
}
