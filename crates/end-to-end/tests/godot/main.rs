//! `examples/godot-viewer` in Godot itself, without a screen and drawn on one, on the real programs.
//!
//! What is to be seen, each script in `examples/godot-viewer/tests` says by itself, a line a check. Here they get the
//! bridge and the cameras that they are about. `scripts/godot` fetches Godot, so they run with `scripts/test --full`, or
//!
//! ```sh
//! cargo test -p end-to-end --test godot -- --test-threads 1
//! ```

mod clients;
mod godot;
mod old_pictures;
mod scenes;
#[path = "../clients/stage.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod stage;
mod vectors;
