//! The viewers of `proto/write-a-viewer.md`, as they stand there, before the real bridge: what they show is looked at.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use end_to_end::python::{self, FedCamera, feeder};
use end_to_end::{Bridge, Chromium, PATIENCE, Picture, Place, Process, skipped};
use tokio::time::{Instant, sleep};

const PAGE: &str = include_str!("../../../proto/write-a-viewer.md");
const ADDRESS: &str = "localhost:8765";
const SIZE: (usize, usize) = (320, 240);
const RED: [u8; 3] = [220, 20, 20];
const BLUE: [u8; 3] = [20, 20, 220];

/// The page's code in a language, which watches this bridge.
fn code(language: &str, bridge: &Bridge) -> Result<String> {
    let begin = format!("\n```{language}\n");
    let (_, from) = PAGE.split_once(&begin).with_context(|| format!("no {language} on the page"))?;
    let (code, _) = from.split_once("\n```\n").context("code that ends")?;
    ensure!(code.matches(ADDRESS).count() == 1, "{language} names the bridge once");
    ensure!(code.lines().count() <= 50, "{language} has become long: {} lines", code.lines().count());
    Ok(code.replace(ADDRESS, &bridge.address.to_string()) + "\n")
}

/// Two cameras that are fed, 0 and 1, each all of one colour.
fn cameras(place: &Place, colours: [[u8; 3]; 2]) -> Result<Process> {
    cameras_of(place, colours, SIZE)
}

fn cameras_of(place: &Place, colours: [[u8; 3]; 2], (width, height): (usize, usize)) -> Result<Process> {
    let [first, second] = colours;
    let files = [(0, first), (1, second)].map(|(id, colour)| (id, colour, place.file(&format!("{id}.jpg"))));
    for (_, colour, file) in &files {
        fs::write(file, Picture::drawn(width, height, |_, _| *colour).to_jpeg()?)?;
    }
    let fed = files.each_ref().map(|(id, _, file)| FedCamera { id: *id, width, height, file });
    feeder(&place.socket(), 30, 100_000, &fed)
}

fn is(pixel: [u8; 3], colour: [u8; 3]) -> bool {
    pixel.iter().zip(colour).all(|(seen, wanted)| seen.abs_diff(wanted) < 12)
}

/// Looks twice: a viewer that has frozen shows what it saw first.
async fn until_both_are_seen_and_change(
    place: &Place,
    file: &Path,
    read: impl Fn(&[u8]) -> Option<Picture>,
) -> Result<()> {
    for colours in [[RED, BLUE], [BLUE, RED]] {
        let _cameras = cameras(place, colours)?;
        until_seen(file, colours, &read).await.with_context(|| format!("{colours:?}"))?;
    }
    Ok(())
}

/// Waits until the file has a picture with these colours in its first two cameras.
async fn until_seen(file: &Path, colours: [[u8; 3]; 2], read: impl Fn(&[u8]) -> Option<Picture>) -> Result<()> {
    let [left, right] = colours;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let picture = fs::read(file).ok().and_then(|bytes| read(&bytes));
        let at = |x: usize| picture.as_ref().and_then(|p| pixel(p, x, SIZE.1 / 2));
        if at(SIZE.0 / 2).is_some_and(|p| is(p, left)) && at(SIZE.0 * 3 / 2).is_some_and(|p| is(p, right)) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the viewer has not shown both cameras");
        sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn pixel(picture: &Picture, x: usize, y: usize) -> Option<[u8; 3]> {
    picture.rgb.get(3 * (y * picture.width + x)..)?.first_chunk().copied()
}

#[tokio::test]
async fn the_python_viewer_shows_all_cameras() -> Result<()> {
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    let (viewer, screen) = (place.file("viewer.py"), place.file("screen.rgb"));
    fs::write(&viewer, code("python", &bridge)?)?;
    let mut command = python::client("keep_screen.py")?;
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/python");
    command.args([&viewer, &screen]).env("PYTHONPATH", package);
    let _viewer = Process::start("the viewer in Python", &mut command)?;
    until_both_are_seen_and_change(&place, &screen, |rgb| {
        (rgb.len() == 1280 * 480 * 3).then(|| Picture { width: 1280, height: 480, rgb: rgb.to_vec() })
    })
    .await
}

/// Whether there are two canvases, the first all of one colour and the second of another.
const CANVASES_ARE: &str = "
    const canvases = [...document.querySelectorAll('canvas')].filter(({ width }) => width === 320);
    const centre = (canvas) => [...canvas.getContext('2d').getImageData(160, 120, 1, 1).data].slice(0, 3);
    const is = (seen, wanted) => wanted.every((value, at) => Math.abs(value - seen[at]) < 12);
    return ((colours) => canvases.length === 2 && canvases.every((canvas, at) => is(centre(canvas), colours[at])))";

#[tokio::test]
async fn the_javascript_viewer_shows_all_cameras_of_a_bridge_that_allows_its_origin() -> Result<()> {
    let place = Place::new("")?;
    let mut command = Process::command("python3");
    command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(place.file(""));
    let server = Process::start("http.server", &mut command)?;
    let line = server.wait_for_line("Serving HTTP on", PATIENCE).await?;
    let port: u16 = line.split_whitespace().filter_map(|word| word.parse().ok()).next().context("a port")?;
    place.configure(&format!("[bridge]\nallowed_origins = [\"http://127.0.0.1:{port}\"]\n"))?;

    let bridge = place.bridge().await?;
    fs::write(place.file("viewer.html"), code("html", &bridge)?)?;
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ws-bridge/viewer/frame-bundle.mjs");
    fs::copy(module, place.file("frame-bundle.mjs"))?;
    let chromium = Chromium::start().await?;
    chromium.open(&format!("http://127.0.0.1:{port}/viewer.html")).await?;
    for colours in [[RED, BLUE], [BLUE, RED]] {
        let _cameras = cameras(&place, colours)?;
        let what = format!("two canvases, {colours:?}");
        chromium.until(&what, &format!("{CANVASES_ARE}({});", serde_json::to_string(&colours)?)).await?;
    }
    drop(bridge);
    let grey = "return [...document.querySelectorAll('canvas')].every((canvas) => canvas.style.opacity === '0.3');";
    chromium.until("both grey, since there is no bridge", grey).await?;
    chromium.close().await
}

/// Saves what the window shows, so that a test can look at it.
const LOOK: &str = r#"
#include <QtWidgets>
static void look()
{
    auto *timer = new QTimer(qApp);
    QObject::connect(timer, &QTimer::timeout, [] {
        const QPixmap seen = qApp->topLevelWidgets().value(0)->grab();
        seen.save("seen.new", "JPEG", 95);
        QFile::remove("seen.jpg");
        QFile::rename("seen.new", "seen.jpg");
    });
    timer->start(100);
}
Q_COREAPP_STARTUP_FUNCTION(look)
"#;

#[tokio::test]
async fn the_qt_viewer_shows_all_cameras() -> Result<()> {
    let Some(flags) = flags_of_qt() else {
        return skipped("write-a-viewer.md in C++", "Qt 6 is not installed");
    };
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    fs::write(place.file("viewer.cpp"), code("cpp", &bridge)? + LOOK)?;
    let mut compiler = Command::new("g++");
    compiler.current_dir(place.file("")).args([
        "-std=c++17",
        "-fPIC",
        "-Wall",
        "-Wextra",
        "-Werror",
        "viewer.cpp",
        "-I",
    ]);
    compiler.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")).args(["-o", "viewer"]).args(flags);
    let output = compiler.output().context("g++ does not start")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut command = Process::client(place.file("viewer"));
    command.current_dir(place.file("")).env("QT_QPA_PLATFORM", "offscreen");
    let _viewer = Process::start("the viewer in C++", &mut command)?;
    until_both_are_seen_and_change(&place, &place.file("seen.jpg"), |jpeg| Picture::from_jpeg(jpeg).ok()).await
}

/// A project with the viewer as its scene, and something that tells what its texture holds.
const PROJECT: [(&str, &str); 3] = [
    (
        "project.godot",
        "config_version=5\n[application]\nrun/main_scene=\"res://main.tscn\"\n[autoload]\nLook=\"*res://look.gd\"\n",
    ),
    (
        "main.tscn",
        "[gd_scene format=3]\n[ext_resource type=\"Script\" path=\"res://viewer.gd\" id=\"1\"]\n\
         [node name=\"Viewer\" type=\"TextureRect\"]\nscript = ExtResource(\"1\")\n",
    ),
    (
        "look.gd",
        "extends Node\nvar last := \"\"\nfunc _process(_delta):\n\tvar texture = get_tree().current_scene.texture\n\
         \tif texture:\n\t\tvar seen: String = texture.get_image().get_pixel(160, 120).to_html(false)\n\
         \t\tif seen != last:\n\t\t\tprint(\"seen \", seen)\n\t\tlast = seen\n",
    ),
];

#[tokio::test]
async fn the_godot_viewer_shows_its_camera() -> Result<()> {
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("godot").join("complete");
    let godot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/godot");
    if !fetched.exists() || !godot.exists() {
        return skipped("write-a-viewer.md in GDScript", "Godot is not here (scripts/test --full fetches it)");
    }
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    fs::write(place.file("viewer.gd"), code("gdscript", &bridge)?)?;
    for (name, text) in PROJECT {
        fs::write(place.file(name), text)?;
    }
    let mut command = Process::client(godot);
    command.args(["--headless", "--path"]).arg(place.file(""));
    let viewer = Process::start("the viewer in Godot", &mut command)?;
    // Without a screen Godot passes over what is put into a texture that is there: another size makes another texture.
    for (colour, size) in [(RED, SIZE), (BLUE, (2 * SIZE.0, SIZE.1))] {
        let _cameras = cameras_of(&place, [colour, RED], size)?;
        let is_it = |line: &str| line.strip_prefix("seen ").and_then(from_hex).is_some_and(|seen| is(seen, colour));
        viewer.wait_for_line_where(&format!("{colour:?} is seen"), PATIENCE, is_it).await?;
    }
    Ok(())
}

fn from_hex(rgb: &str) -> Option<[u8; 3]> {
    let [_, red, green, blue] = u32::from_str_radix(rgb, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

fn flags_of_qt() -> Option<Vec<String>> {
    let output =
        Command::new("pkg-config").args(["--cflags", "--libs", "Qt6Widgets", "Qt6WebSockets"]).output().ok()?;
    let flags = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| flags.split_whitespace().map(str::to_owned).collect())
}
