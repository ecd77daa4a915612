//! A place of its own for each test: folder, socket, configuration; and the two programs started in it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{Network, PATIENCE, Process, Terminal, User};

/// Where one of our programs is: in the folder that `CAMERACAST_PROGRAMS` names, and otherwise beside the one that asks or,
/// for a test, beside the folder of the tests; of the same profile then.
///
/// # Errors
/// It has not been built.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program in no folder")?;
    let beside = if folder.ends_with("deps") { folder.parent().context("deps in no folder")? } else { folder };
    let profile = std::env::var_os("CAMERACAST_PROGRAMS").map_or_else(|| beside.to_owned(), PathBuf::from);
    let program = profile.join(name);
    let build = format!("cargo build --workspace --bins --all-features (a profile's folder: {})", profile.display());
    ensure!(program.is_file(), "{name} is not built. Build it with: {build}");
    Ok(program)
}

/// A folder with a configuration file; the socket lies in it.
pub struct Place {
    folder: TempDir,
}

/// A running ws-bridge.
pub struct Bridge {
    /// The program.
    pub process: Process,
    /// Where it serves.
    pub address: SocketAddr,
}

impl Place {
    /// A new place; `config` goes into its `cameracast.toml` behind the socket's line.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn new(config: &str) -> Result<Self> {
        let place = Self { folder: TempDir::new()? };
        place.configure(config)?;
        Ok(place)
    }

    /// Writes another configuration.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn configure(&self, config: &str) -> Result<()> {
        fs::write(self.config(), format!("socket = \"{}\"\n{config}", self.socket().display()))?;
        Ok(())
    }

    /// A file in this place.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.file("cameracast.toml")
    }

    /// The Unix socket on which the bridge listens.
    pub fn socket(&self) -> PathBuf {
        self.file("cam_stream.sock")
    }

    /// Starts the bridge on a free port, and waits until it listens.
    ///
    /// # Errors
    /// It does not come to listen.
    pub async fn bridge(&self) -> Result<Bridge> {
        self.bridge_at((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts the bridge on a given address, and waits until it listens.
    ///
    /// # Errors
    /// It does not come to listen.
    pub async fn bridge_at(&self, address: SocketAddr) -> Result<Bridge> {
        Bridge::once_it_listens(self.start_bridge(&["--listen", &address.to_string()])?, address.ip()).await
    }

    /// Starts the bridge as another user on a free port, and waits until it listens.
    ///
    /// # Errors
    /// It does not come to listen.
    pub async fn bridge_of(&self, user: User) -> Result<Bridge> {
        let process = self.start_as(user, "ws-bridge", &["--listen", "127.0.0.1:0"])?;
        Bridge::once_it_listens(process, Ipv4Addr::LOCALHOST.into()).await
    }

    /// Starts the bridge and does not wait for anything.
    ///
    /// # Errors
    /// It is not built.
    pub fn start_bridge(&self, args: &[&str]) -> Result<Process> {
        self.start("ws-bridge", args)
    }

    /// Starts the grabber on this place's configuration.
    ///
    /// # Errors
    /// It is not built.
    pub fn grabber(&self, args: &[&str]) -> Result<Process> {
        self.start("cam-grabber", args)
    }

    /// Starts a grabber that is to meet something else than the bridge.
    ///
    /// # Errors
    /// It is not built.
    pub fn grabber_on(&self, socket: &Path) -> Result<Process> {
        self.grabber(&["--socket", &socket.display().to_string()])
    }

    /// Lets everybody read this place and put files into it, of which nobody can remove another's: as in `/tmp`.
    ///
    /// # Errors
    /// It is not ours.
    pub fn open_to_everyone(&self) -> Result<()> {
        Ok(fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o1777))?)
    }

    /// Starts one of the programs as another user.
    ///
    /// # Errors
    /// It is not built.
    pub fn start_as(&self, user: User, name: &str, args: &[&str]) -> Result<Process> {
        // A copy: where it was built need not be open to others.
        let copy = self.file(name);
        if !copy.exists() {
            fs::copy(program(name)?, &copy)?;
        }
        self.start_by(user.command(copy), name, args)
    }

    /// Starts one of the programs in another network.
    ///
    /// # Errors
    /// It is not built.
    pub fn start_in(&self, network: &Network, name: &str, args: &[&str]) -> Result<Process> {
        self.start_by(network.command(program(name)?), name, args)
    }

    fn start(&self, name: &str, args: &[&str]) -> Result<Process> {
        self.start_by(Process::command(program(name)?), name, args)
    }

    fn start_by(&self, command: Command, name: &str, args: &[&str]) -> Result<Process> {
        Process::start(name, self.configured(command).args(args))
    }

    /// Starts the grabber with its log on a terminal.
    ///
    /// # Errors
    /// It is not built.
    pub fn grabber_on_terminal(&self, terminal: &Terminal) -> Result<Process> {
        Process::start("cam-grabber", &mut terminal.command(&self.command("cam-grabber")?))
    }

    /// A program on this place's configuration.
    ///
    /// # Errors
    /// It is not built.
    pub fn command(&self, name: &str) -> Result<Command> {
        Ok(self.configured(Process::command(program(name)?)))
    }

    fn configured(&self, mut command: Command) -> Command {
        for variable in ["CONFIG", "SOCKET", "LISTEN", "LOG"] {
            command.env_remove(format!("CAMERACAST_{variable}"));
        }
        command.arg("--config").arg(self.config());
        command
    }
}

impl Bridge {
    async fn once_it_listens(process: Process, on: IpAddr) -> Result<Self> {
        let line = process.wait_for_line(&format!("{on}:"), PATIENCE).await?;
        let address = address_in(&line).with_context(|| format!("no address in «{line}»"))?;
        Ok(Self { process, address })
    }
}

/// The first IPv4 address with a port in a line of text.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter_map(|word| word.parse().ok())
        .find(|address: &SocketAddr| address.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_wherever_a_line_says_it() {
        let expected = Some("127.0.0.1:40123".parse().unwrap());
        assert_eq!(address_in("INFO ws_bridge: listening on http://127.0.0.1:40123/"), expected);
        assert_eq!(address_in("2026-11-20T04:36:00Z INFO address=127.0.0.1:40123"), expected);
        assert_eq!(address_in("asked for 127.0.0.1:0, got 127.0.0.1:40123."), expected);
        assert_eq!(address_in("no address at all"), None);
    }
}
