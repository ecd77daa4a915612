//! The scenes show the cameras, and what a person does there has its effect.

use anyhow::{Result, ensure};
use end_to_end::Process;

use crate::godot::{Screen, all_is_so, on_project, repository, script};
use crate::stage::Stage;

async fn shows_the_cameras(scene: &str, screen: Screen) -> Result<()> {
    let stage = Stage::with_cameras(3).await?;
    all_is_so(script(scene, screen, &stage.ws(""))?).await
}

#[tokio::test]
async fn one_camera_is_shown_switched_and_saved_without_a_screen() -> Result<()> {
    shows_the_cameras("webcam_view", Screen::None).await
}

#[tokio::test]
async fn one_camera_is_shown_switched_and_saved_on_a_screen() -> Result<()> {
    shows_the_cameras("webcam_view", Screen::Xvfb).await
}

#[tokio::test]
async fn the_connection_test_writes_down_what_happens_without_a_screen() -> Result<()> {
    shows_the_cameras("test_websocket", Screen::None).await
}

#[tokio::test]
async fn the_connection_test_writes_down_what_happens_on_a_screen() -> Result<()> {
    shows_the_cameras("test_websocket", Screen::Xvfb).await
}

#[tokio::test]
async fn all_cameras_are_side_by_side_without_a_screen() -> Result<()> {
    shows_the_cameras("bundle_grid", Screen::None).await
}

#[tokio::test]
async fn all_cameras_are_side_by_side_on_a_screen() -> Result<()> {
    shows_the_cameras("bundle_grid", Screen::Xvfb).await
}

/// As somebody does who has just copied it: the editor reads every script and every scene.
#[tokio::test]
async fn the_project_opens_in_the_editor_without_a_complaint() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = folder.path().join("godot-viewer");
    let copied =
        Process::command("cp").arg("-r").arg(repository().join("examples/godot-viewer")).arg(&project).status()?;
    ensure!(copied.success(), "the project cannot be copied");
    let mut command = on_project(&project, Screen::None);
    command.arg("--import");
    let ended = Process::start("Godot's editor", &mut command)?.ended(crate::godot::LIMIT).await?;
    let said = format!("{}{}", ended.stdout, ended.stderr);
    ensure!(ended.code == 0 && !said.contains("ERROR") && !said.contains("WARNING"), "{said}");
    Ok(())
}
