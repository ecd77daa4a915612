//! The viewer: how it is built, once for all tests, and started.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{Process, XScreen, program};
use tokio::sync::OnceCell;

/// On two busy cores a build takes half a minute.
const BUILD: Duration = Duration::from_secs(300);

/// How it is built; each in a folder of its own.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// As users do.
    Plain,
    /// What reads or writes where it must not, or overflows, ends the program.
    Sanitized,
}

/// The examples' folder of the viewer.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/qt-viewer")
}

/// Starts the viewer on a screen.
pub(crate) async fn viewer(build: Build, screen: &XScreen, arguments: &[&str]) -> Result<Process> {
    let mut command = Process::command(built(build).await?);
    command.args(arguments).env("DISPLAY", screen.display()).env("QT_QPA_PLATFORM", "xcb");
    // A proxy that the machine may have is not for this machine's own address. Looking for leaks needs ptrace, which some
    // containers refuse.
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(variable);
    }
    Process::start("qt-viewer", command.env("ASAN_OPTIONS", "detect_leaks=0"))
}

async fn built(build: Build) -> Result<&'static PathBuf> {
    static PLAIN: OnceCell<PathBuf> = OnceCell::const_new();
    static SANITIZED: OnceCell<PathBuf> = OnceCell::const_new();
    match build {
        Build::Plain => PLAIN.get_or_try_init(|| make("qt-viewer", &["-DCMAKE_BUILD_TYPE=RelWithDebInfo"])).await,
        Build::Sanitized => {
            let options = ["-DCMAKE_BUILD_TYPE=Debug", "-DSANITIZE=ON"];
            SANITIZED.get_or_try_init(|| make("qt-viewer-sanitized", &options)).await
        }
    }
}

/// Builds it below the target folder; a warning is an error.
async fn make(folder: &str, options: &[&str]) -> Result<PathBuf> {
    let bridge = program("ws-bridge")?;
    let folder = bridge.ancestors().nth(2).context("a program is in target/PROFILE")?.join(folder);
    let mut configure = Process::command("cmake");
    configure.arg("-S").arg(source()).arg("-B").arg(&folder).arg("-DCMAKE_COMPILE_WARNING_AS_ERROR=ON").args(options);
    let mut build = Process::command("cmake");
    build.arg("--build").arg(&folder).args(["--parallel", "2"]);
    for mut command in [configure, build] {
        let ended = Process::start("cmake", &mut command)?.ended(BUILD).await?;
        let said = ended.stdout + &ended.stderr;
        ensure!(ended.code == 0, "the viewer does not build (Debian: qt6-base-dev, qt6-websockets-dev): {said}");
    }
    Ok(folder.join("qt-viewer"))
}
