use std::fs;
use std::path::Path;

use crate::load::find;
use crate::{Config, LoadError};

#[test]
fn mistakes_in_a_file_are_told_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cameracast.toml");
    fs::write(&file, "socket = ''\n\n[stream]\nfps = 0\n").unwrap();
    let told = Config::load(&file).unwrap_err().to_string();
    let file = file.display();
    assert_eq!(
        told,
        format!(
            "{file}:1: socket is \"\", a path of 1 to 107 bytes without control characters is expected\n\
             {file}:4: fps is 0, a number from 0.1 to 1000 bundles per second is expected"
        )
    );
}

#[test]
fn mistakes_in_a_text_are_told_with_their_line() {
    let told = Config::parse("fps\nid = 3").unwrap_err().to_string();
    assert_eq!(
        told,
        "line 1: the = is missing, a setting is written key = value\n\
         line 2: unknown key \"id\" at the top of the file, it belongs in [[camera]]"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    for path in [missing.as_path(), folder.path()] {
        let error = Config::load(path).unwrap_err();
        assert!(matches!(&error, LoadError::Unreadable { path: named, .. } if named == path));
        assert!(
            error.to_string().starts_with(&format!("cannot read the configuration {}: ", path.display())),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_no_text_is_told_with_the_line_where_that_shows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cameracast.toml");
    fs::write(&file, b"socket = '/a'\n# caf\xe9\n").unwrap();
    let told = Config::load(&file).unwrap_err().to_string();
    assert_eq!(told, format!("{}:2: this is no UTF-8 text", file.display()));
}

#[test]
fn a_file_asked_for_has_to_exist_and_holds_instead_of_the_default_file() {
    let folder = tempfile::tempdir().unwrap();
    let [asked, default] = ["asked.toml", "default.toml"].map(|name| folder.path().join(name));
    fs::write(&default, "[stream]\nfps = 2").unwrap();
    assert!(matches!(find(Some(&asked), &default), Err(LoadError::Unreadable { path, .. }) if path == asked));
    fs::write(&asked, "[stream]\nfps = 1").unwrap();
    assert_eq!(find(Some(&asked), &default).unwrap().stream.fps, 1.0);
}

#[test]
fn the_default_file_holds_where_it_exists() {
    let folder = tempfile::tempdir().unwrap();
    let default = folder.path().join("default.toml");
    assert_eq!(find(None, &default).unwrap(), Config::default());
    fs::write(&default, "[stream]\nfps = 2").unwrap();
    assert_eq!(find(None, &default).unwrap().stream.fps, 2.0);
    fs::write(&default, "[stream]\nfps = 'x'").unwrap();
    assert!(matches!(find(None, &default), Err(LoadError::Mistakes { .. })));
}

#[test]
fn a_default_file_that_may_not_be_read_is_no_reason_to_go_on_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable: &Path = folder.path();
    assert!(matches!(find(None, unreadable), Err(LoadError::Unreadable { .. })));
}
