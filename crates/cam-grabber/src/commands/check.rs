//! `cam-grabber check FILE`.

use std::path::Path;

use cameracast_config::Config;

use super::{DONE, USAGE};

pub(crate) fn check(file: &Path) -> u8 {
    match Config::load(file) {
        Ok(config) => {
            for warning in config.warnings() {
                println!("{}: {warning}", file.display());
            }
            println!("{}: {} and the rest are fine", file.display(), cameras(config.cameras.len()));
            DONE
        }
        Err(error) => {
            eprintln!("{error}");
            USAGE
        }
    }
}

fn cameras(count: usize) -> String {
    match count {
        0 => "no camera (those that are found are streamed)".to_owned(),
        1 => "one camera".to_owned(),
        more => format!("{more} cameras"),
    }
}
