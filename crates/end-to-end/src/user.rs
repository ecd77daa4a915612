//! Users of this machine, as which root can run the programs.

use std::path::Path;
use std::process::Command;

/// A user with one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl User {
    /// May do everything.
    pub const ROOT: Self = Self { uid: 0, gid: 0 };
    /// May do nothing.
    pub const NOBODY: Self = Self { uid: 65534, gid: 65534 };

    /// Whether the test runs as root.
    pub fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// A command for [`crate::Process::start`] that runs as this user, and ends when the test does.
    pub fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &self.uid.to_string(), "--regid", &self.gid.to_string(), "--clear-groups", "--"]);
        // Only now: who becomes another user is no longer told of its parent's death.
        command.args(["setpriv", "--pdeathsig", "KILL", "--"]).arg(program.as_ref()).env("NO_COLOR", "1");
        command
    }
}
