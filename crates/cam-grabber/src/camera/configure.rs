//! Changed settings of a camera: refused by what is known, taken while it streams, or tried by opening it with them. They
//! come as a request, or as what its section of the configuration says now.

use std::time::Instant;

use cameracast_config as config;
use frame_bundle::control::Settings;

use super::Worker;
use crate::capture::{self, Actual, CameraError, Cause, Change};
use crate::settings::{self, Known};
use crate::supervisor::State;

impl Worker {
    /// Gives what holds then. What the camera's limits tell to be impossible does not interrupt it.
    pub(super) fn configure(&mut self, set: &Settings) -> Result<Settings, String> {
        let (before, health, limits) = (self.shared.settings(), self.shared.health(), self.shared.limits());
        let was_open = self.own_limits.is_some();
        let known = Known { camera: &before, actual: &health.actual, limits: &limits, was_open };
        let wanted = settings::merge(known, set)?;
        if settings::is_about_the_stream(&before, &wanted) {
            self.shared.set(wanted);
            return Ok(set.clone());
        }
        let change = match &mut self.camera {
            Some(camera) => camera.change(&before, &wanted).map_err(|error| self.shared.goes_on(&error))?,
            None => Change::NeedsOpening,
        };
        let actual = match change {
            Change::Made => self.changed(&wanted),
            Change::NeedsOpening => self.open_with(&wanted).map_err(|error| self.shared.goes_on(&error))?,
        };
        self.shared.set(wanted);
        Ok(settings::applied(set, &actual))
    }

    /// Makes the camera as its section of the configuration says: what was set by requests is over, and so is a stop. Where
    /// it refuses them, or another device does that is named, it goes on as it was; where the device is not there, they
    /// hold from its next opening on.
    pub(super) fn follow(&mut self, wanted: config::Camera) -> Result<(), String> {
        let before = self.shared.settings();
        if before.source != wanted.source || self.supervisor.state() == State::Stopped {
            self.become_another(&wanted)?;
        } else if !settings::is_about_the_stream(&before, &wanted) {
            let change = match &mut self.camera {
                Some(camera) => camera.change(&before, &wanted).map_err(|error| self.shared.goes_on(&error))?,
                None => Change::NeedsOpening,
            };
            match change {
                Change::Made => drop(self.changed(&wanted)),
                Change::NeedsOpening => match self.open_with(&wanted) {
                    Ok(_) => {}
                    Err(error) if error.cause == Cause::BadFormat => return Err(self.shared.goes_on(&error)),
                    Err(error) => {
                        self.source = capture::source(&wanted);
                        self.failed(&error);
                    }
                },
            }
        }
        self.shared.set(wanted);
        self.supervisor.start(Instant::now());
        Ok(())
    }

    /// The id stands for another device now, or is opened although it was stopped. What was open is closed when the new
    /// one is, so that it goes on where that is refused.
    fn become_another(&mut self, wanted: &config::Camera) -> Result<(), String> {
        let mut source = capture::source(wanted);
        let mut opened = source.open();
        if self.camera.is_some() && opened.as_ref().is_err_and(|error| error.cause == Cause::Busy) {
            // Perhaps it is the same device under another name.
            self.close_to_reopen();
            opened = source.open();
        }
        if let Err(error) = &opened
            && error.cause == Cause::BadFormat
        {
            self.supervisor.not_asked(Instant::now());
            return Err(self.shared.goes_on(error));
        }
        self.close_to_reopen();
        (self.source, self.own_limits, self.compresses_itself) = (source, None, false);
        self.shared.set(wanted.clone());
        self.shared.set_actual(Actual::default());
        self.show_limits();
        match opened {
            Ok(camera) => self.opened(camera),
            Err(error) => self.failed(&error),
        }
        Ok(())
    }

    fn close_to_reopen(&mut self) {
        self.close();
        self.supervisor.reopen(Instant::now());
        self.show_state();
    }

    /// The camera streams on with these settings.
    fn changed(&mut self, wanted: &config::Camera) -> Actual {
        self.source.set(wanted);
        let Some(camera) = &self.camera else { return Actual::default() };
        let actual = camera.actual().clone();
        self.supervisor.declared(actual.fps);
        self.own_limits = Some(camera.limits().clone());
        self.shared.set_actual(actual.clone());
        self.show_limits();
        actual
    }

    /// Opens the camera with other settings; a stopped one takes them when it is started. Where it refuses them, it goes
    /// on with those that it had: the next thing that the thread does is to open it with them.
    fn open_with(&mut self, wanted: &config::Camera) -> Result<Actual, CameraError> {
        let mut source = capture::source(wanted);
        let mut actual = Actual::default();
        if self.supervisor.state() != State::Stopped {
            self.close_to_reopen();
            let camera = source.open()?;
            actual = camera.actual().clone();
            self.opened(camera);
        }
        self.source = source;
        Ok(actual)
    }
}
