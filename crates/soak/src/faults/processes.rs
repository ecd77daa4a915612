//! Processes that are killed, ended, stopped.

use std::net::TcpListener;

use anyhow::{Context, Result, ensure};
use end_to_end::Signal;

use super::{BACK, CONTROLLED_AGAIN, REOPENED, Recovery, SECOND, World};
use crate::board::{Camera, Hurt, Moment, Site};

/// README: either process ends within 2 s.
const ENDS: std::time::Duration = BACK;

impl World {
    pub(super) async fn grabber_killed(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let _excused = board.excuse(self.stage.grabbed_at(Site::Steady), Hurt::Pauses);
        self.stage.restless_grabber.program.kill()?;
        self.a_while(0..300).await;
        self.stage.restless_grabber.program.start()?;
        self.recovers(self.grabbers_cameras(Site::Steady, CONTROLLED_AGAIN)).await
    }

    pub(super) async fn grabber_ended(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let _excused = board.excuse(self.stage.grabbed_at(Site::Steady), Hurt::Pauses);
        self.stage.restless_grabber.program.end(ENDS).await?;
        self.stage.restless_grabber.program.start()?;
        // It has let go of its camera.
        self.recovers(self.grabbers_cameras(Site::Steady, REOPENED)).await
    }

    pub(super) async fn grabber_stopped(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let _excused = board.excuse(self.stage.grabbed_at(site), Hurt::Pauses);
        self.stage.grabber(site).program.signal(Signal::STOP)?;
        self.a_while(100..4000).await;
        self.stage.grabber(site).program.signal(Signal::CONT)?;
        self.recovers(self.grabbers_cameras(site, CONTROLLED_AGAIN)).await
    }

    pub(super) async fn bridge_killed(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let all = self.stage.all_of(Site::Restless);
        let _excused = board.excuse(all.clone(), Hurt::CutsOff);
        self.stage.restless_bridge.program.kill()?;
        self.a_while(0..500).await;
        self.bridge_starts(all).await
    }

    pub(super) async fn bridge_ended(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let all = self.stage.all_of(Site::Restless);
        let _excused = board.excuse(all.clone(), Hurt::CutsOff);
        self.stage.restless_bridge.program.end(ENDS).await?;
        self.bridge_starts(all).await
    }

    pub(super) async fn bridge_stopped(&mut self, site: Site) -> Result<Recovery> {
        let board = self.board.clone();
        let all = self.stage.all_of(site);
        let _excused = board.excuse(all.clone(), Hurt::Pauses);
        self.stage.bridge(site).program.signal(Signal::STOP)?;
        self.a_while(100..4000).await;
        self.stage.bridge(site).program.signal(Signal::CONT)?;
        self.recovers(vec![(all, BACK)]).await
    }

    pub(super) async fn port_taken(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let all = self.stage.all_of(Site::Restless);
        let _excused = board.excuse(all.clone(), Hurt::CutsOff);
        let bridge = &mut self.stage.restless_bridge;
        bridge.program.kill()?;
        let taken = TcpListener::bind(bridge.address).context("the port of the bridge that is gone")?;
        bridge.program.start()?;
        let status = bridge.program.ended(2 * SECOND).await?;
        ensure!(!status.success(), "the bridge did not fail, and its port is taken");
        drop(taken);
        self.bridge_starts(all).await
    }

    /// What is stated counts from its start.
    async fn bridge_starts(&mut self, its_cameras: Vec<Camera>) -> Result<Recovery> {
        let since = Moment::now();
        self.stage.restless_bridge.start().await?;
        self.recovers_since(since, vec![(its_cameras, BACK)]).await
    }

    /// As when the power of all that is restless fails.
    pub(super) async fn all_killed(&mut self) -> Result<Recovery> {
        let board = self.board.clone();
        let all = self.stage.all_of(Site::Restless);
        let _excused = board.excuse(all.clone(), Hurt::CutsOff);
        let _and_these = board.excuse(self.stage.grabbed_at(Site::Steady), Hurt::Pauses);
        let (bridge, grabber) = (&mut self.stage.restless_bridge, &mut self.stage.restless_grabber);
        grabber.program.kill()?;
        bridge.program.kill()?;
        grabber.network.kill()?;
        grabber.gige.kill()?;
        grabber.network.start()?;
        grabber.gige.switch_on().await?;
        let since = Moment::now();
        grabber.program.start()?;
        bridge.start().await?;
        let mut expected = self.grabbers_cameras(Site::Steady, CONTROLLED_AGAIN);
        expected.push((all, BACK));
        self.recovers_since(since, expected).await
    }
}
