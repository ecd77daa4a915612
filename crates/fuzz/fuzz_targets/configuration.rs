//! `cameracast.toml`. Each mistake is told in one sentence, with a line that the text has; there are not more of them than
//! the text has bytes; and what is right is within its range, and the same when it is read again.
#![no_main]

use cameracast_config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Config::parse(text) {
        Ok(config) => {
            check(&config);
            assert_eq!(Config::parse(text), Ok(config));
        }
        Err(problems) => {
            assert!(!problems.0.is_empty() && problems.0.len() <= text.len());
            assert!(problems.0.is_sorted_by_key(|problem| problem.line));
            let lines = 1..=text.matches('\n').count() + 1;
            for problem in &problems.0 {
                assert!(lines.contains(&problem.line), "{problem:?}");
                assert!(!problem.message.contains(char::is_control), "{problem:?}");
                assert!(problem.message.chars().count() < 400, "{problem:?}");
            }
        }
    }
});

/// What both processes rely on.
fn check(config: &Config) {
    let stream = &config.stream;
    assert!((0.1..=1000.0).contains(&stream.fps) && (1..=100).contains(&stream.jpeg_quality));
    assert!(stream.max_wait().as_secs_f64() <= 10.0);
    assert!(config.bridge.max_clients > 0 && config.bridge.max_bundle_mib > 0);
    for (place, camera) in config.cameras.iter().enumerate() {
        assert!(config.cameras[..place].iter().all(|other| other.id != camera.id));
        assert_eq!(camera.width.is_some(), camera.height.is_some());
        assert!(camera.stream_fps.is_none_or(|fps| fps >= 0.1 && fps <= stream.fps));
    }
}
