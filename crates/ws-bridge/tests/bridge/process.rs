//! From start to end: what is taken, what is left over, what the exit code says.

use std::io::{PipeReader, PipeWriter, Write};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::feeder::bundle;
use crate::support::{Bridge, Viewer, command, exists, within};

/// Runs a bridge that is not expected to stay.
async fn fails(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = within("the end", command().args(arguments).output()).await.unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn at_the_end_viewers_are_told_and_the_socket_file_is_removed() {
    for signal in ["TERM", "INT"] {
        let mut bridge = Bridge::start().await;
        let mut feeder = bridge.feeder().await;
        let mut viewer = bridge.viewer("").await;
        let _never_reads = Viewer::connect(&bridge.address, "").await;
        feeder.send(&bundle(0, &[(0, &vec![0; 8 << 20])])).await;
        viewer.bundle().await;
        let closing = tokio::spawn(async move { viewer.closed().await });

        let begin = Instant::now();
        let status = bridge.terminate(signal).await;
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        assert_eq!(status.code(), Some(0));
        assert_eq!(closing.await.unwrap().0, 1001);
        assert!(!exists(&bridge.socket));
    }
}

/// A pipe that takes nothing, and what has to stay for that.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (never_read, mut pipe) = std::io::pipe().unwrap();
    pipe.write_all(&[b'.'; 65_536]).unwrap(); // all that it holds
    (never_read, pipe)
}

#[tokio::test]
async fn a_bridge_that_cannot_start_ends_though_nobody_takes_its_log() {
    let (_never_read, pipe) = full_pipe();
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = command();
    command.args(["--listen", &taken.local_addr().unwrap().to_string()]);
    command.args(["--socket", text(&folder.path().join("cam.sock"))]).stderr(pipe);
    assert_eq!(within("the end", command.status()).await.unwrap().code(), Some(1));
}

#[tokio::test]
async fn a_log_that_nobody_takes_stops_no_picture() {
    let (_never_read, pipe) = full_pipe();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    let mut command = command();
    command.args(["--listen", "127.0.0.1:0", "--log", "trace", "--socket", text(&socket)]).stderr(pipe);
    let mut bridge = Bridge::spawn(command, socket, folder).await;
    let mut feeder = bridge.feeder().await;
    let mut viewer = bridge.viewer("").await;
    for seq in 0..200 {
        let sent = bundle(seq, &[(0, b"x")]);
        feeder.send(&sent).await;
        assert_eq!(viewer.bundle().await, sent);
        bridge.viewer("").await; // each who comes and goes is something to log
    }
    let begin = Instant::now();
    assert_eq!(bridge.terminate("TERM").await.code(), Some(0));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_socket_that_was_left_over_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let mut command = command();
    command.args(["--listen", "127.0.0.1:0", "--socket", text(&socket)]);
    let bridge = Bridge::spawn(command, socket, folder).await;
    let mut viewer = bridge.viewer("").await;
    let sent = bundle(0, &[(0, b"x")]);
    bridge.feeder().await.send(&sent).await;
    assert_eq!(viewer.bundle().await, sent);
}

#[tokio::test]
async fn a_bridge_that_was_killed_leaves_a_socket_that_the_next_one_replaces() {
    let mut bridge = Bridge::start().await;
    bridge.process.kill().await.unwrap();
    assert!(exists(&bridge.socket));
    let folder = tempfile::tempdir().unwrap();
    let mut command = command();
    command.args(["--listen", "127.0.0.1:0", "--socket", text(&bridge.socket)]);
    let next = Bridge::spawn(command, bridge.socket.clone(), folder).await;
    next.feeder().await;
}

#[tokio::test]
async fn a_live_socket_is_not_stolen() {
    let bridge = Bridge::start().await;
    let (code, sentence) = fails(&["--listen", "127.0.0.1:0", "--socket", text(&bridge.socket)]).await;
    assert_eq!(code, 1);
    assert!(sentence.contains("another bridge listens on") && sentence.contains("--socket"), "{sentence}");
    let mut viewer = bridge.viewer("").await;
    let sent = bundle(0, &[(0, b"x")]);
    bridge.feeder().await.send(&sent).await;
    assert_eq!(viewer.bundle().await, sent);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_in_one_sentence() {
    let bridge = Bridge::start().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    let (code, sentence) = fails(&["--listen", &bridge.address, "--socket", text(&socket), "--log", "error"]).await;
    assert_eq!(code, 1);
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert!(sentence.contains(&bridge.address) && sentence.contains("--listen"), "{sentence}");
    assert!(!exists(&socket));
}

#[tokio::test]
async fn usage_and_configuration_errors_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cameracast.toml");
    std::fs::write(&file, "[bridge]\nlisten = 7\nmax_clinets = 3\n").unwrap();
    let (code, mistakes) = fails(&["--config", text(&file)]).await;
    assert_eq!(code, 2);
    assert!(mistakes.contains(":2:") && mistakes.contains(":3:") && mistakes.contains("max_clients"), "{mistakes}");

    for (arguments, names) in [
        (["--config", "/nonexistent.toml"], "/nonexistent.toml"),
        (["--listen", "8765"], "0.0.0.0:8765"),
        (["--log", "ws_bridge=loud"], "--log"),
        (["--volume", "11"], "--volume"),
    ] {
        let (code, sentence) = fails(&arguments).await;
        assert_eq!(code, 2, "{arguments:?}");
        assert!(sentence.contains(names), "{sentence}");
    }
}

#[tokio::test]
async fn flags_override_the_environment_which_overrides_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let config = format!("socket = {:?}\n[bridge]\nlisten = \"127.0.0.1:1\"\n", path("file.sock"));
    std::fs::write(path("cameracast.toml"), config).unwrap();
    let socket = path("environment.sock");
    let mut command = command();
    command.env("CAMERACAST_CONFIG", path("cameracast.toml")).env("CAMERACAST_SOCKET", &socket);
    command.env("CAMERACAST_LISTEN", "127.0.0.1:1").args(["--listen", "127.0.0.1:0"]);
    let bridge = Bridge::spawn(command, socket, folder).await;
    bridge.feeder().await;
    assert_ne!(bridge.address, "127.0.0.1:1");
}

#[tokio::test]
async fn it_says_who_it_is() {
    let version = command().arg("--version").output().await.unwrap();
    assert_eq!(String::from_utf8(version.stdout).unwrap(), format!("ws-bridge {}\n", env!("CARGO_PKG_VERSION")));
    let help = command().arg("--help").output().await.unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in ["--config", "--listen", "--socket", "--log", "CAMERACAST_LISTEN"] {
        assert!(help.contains(flag), "{flag}");
    }
}

/// A bridge that may open no more than so many files.
async fn with_files(limit: u32) -> Bridge {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("cam.sock");
    let mut limited = tokio::process::Command::new("sh");
    let script = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
    limited.args(["-c", &script, env!("CARGO_BIN_EXE_ws-bridge")]);
    limited.args(["--listen", "127.0.0.1:0", "--socket", text(&socket), "--log", "info"]);
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Bridge::spawn(limited, socket, folder).await
}

#[tokio::test]
async fn fewer_files_than_viewers_and_http_can_take_are_warned_of() {
    with_files(2300).await.logs(&["WARN", "open files", "limit=2300", "max_clients=1024"]).await;
    let enough = with_files(3000).await;
    let line = enough.logs(&["open files"]).await;
    assert!(line.contains("INFO"), "{line}");
}

#[tokio::test]
async fn when_files_run_out_accepting_pauses_and_goes_on_later() {
    let bridge = with_files(40).await;
    bridge.logs(&["WARN", "open files", "limit=40"]).await;

    let mut crowd = vec![];
    for _ in 0..60 {
        crowd.push(tokio::net::TcpStream::connect(&bridge.address).await.unwrap());
    }
    bridge.logs(&["cannot accept viewers"]).await;
    drop(crowd);
    bridge.viewer("").await;
}

#[tokio::test]
async fn memory_stays_small_with_three_cameras() {
    let bridge = Bridge::start().await;
    let mut feeder = bridge.feeder().await;
    let mut viewers = vec![];
    for _ in 0..5 {
        viewers.push(bridge.viewer("").await);
    }
    let picture = vec![7; 45_000];
    for seq in 0..300 {
        feeder.send(&bundle(seq, &[(0, &picture), (1, &picture), (2, &picture)])).await;
        for viewer in &mut viewers {
            viewer.bundle().await;
        }
    }
    assert!(bridge.memory() < 20 << 10, "{} KiB", bridge.memory());
}
