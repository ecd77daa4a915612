//! The example is the reference for users: it must know what the parser knows.

use toml::de::DeTable;

use super::{EXAMPLE, possible_example, problems, uncommented_example};
use crate::keys::{ALL, CAMERA, Keys};
use crate::{Bridge, Config, Stream};

#[test]
fn the_example_as_it_stands_changes_nothing() {
    assert_eq!(Config::parse(EXAMPLE), Ok(Config::default()));
}

#[test]
fn the_example_is_taken_with_every_setting_uncommented() {
    let config = Config::parse(&possible_example()).unwrap();
    let sources: Vec<_> = config.cameras.iter().map(|camera| camera.source.kind()).collect();
    assert_eq!(sources, ["genicam", "genicam", "v4l2", "gstreamer", "pattern"]);
    assert_eq!(config.warnings(), [""; 0]);
}

#[test]
fn the_defaults_in_the_example_are_the_defaults() {
    let config = Config::parse(&possible_example()).unwrap();
    // The default of these is no value of its own; the example says so.
    assert!(config.stream.max_wait_ms.is_some() && config.bridge.view_token.is_some());
    let stream = Stream { max_wait_ms: None, ..config.stream };
    let bridge = Bridge {
        max_clients_per_address: None,
        view_token: None,
        control_token: None,
        tls: None,
        public_url: None,
        ..config.bridge
    };
    assert_eq!(Config { cameras: Vec::new(), stream, bridge, ..config }, Config::default());
}

#[test]
fn every_known_key_stands_in_the_example() {
    let text = uncommented_example();
    let document = DeTable::parse(&text).unwrap().into_inner();
    for keys in ALL {
        let tables: Vec<&DeTable<'_>> = match table_name(keys) {
            None => vec![&document],
            Some("camera") => {
                document["camera"].get_ref().as_array().unwrap().iter().filter_map(|c| c.get_ref().as_table()).collect()
            }
            Some(name) => vec![document[name].get_ref().as_table().unwrap()],
        };
        for key in keys.names {
            assert!(tables.iter().any(|table| table.contains_key(*key)), "{key} {} is not in the example", keys.place);
        }
    }
}

#[test]
fn every_known_key_is_read_and_the_example_says_its_range() {
    for keys in ALL {
        for key in keys.names {
            let told = told_of_a_wrong_value(keys, key);
            assert!(!told.contains("unknown key"), "{key}: {told}");
            if let Some(range) = range(&told) {
                let comments = comments(table_name(keys), key);
                assert!(comments.contains(&range), "{key} {}: {range:?} is not in {comments:?}", keys.place);
            }
        }
    }
}

/// The header of the table without its brackets; `None` for the top of the file.
fn table_name(keys: &Keys) -> Option<&'static str> {
    keys.place.strip_prefix("in ").map(|header| header.trim_matches(['[', ']']))
}

/// What is said of a key when its value is a list with a date in it, which is right for none.
fn told_of_a_wrong_value(keys: &Keys, key: &str) -> String {
    let header = match table_name(keys) {
        None => String::new(),
        Some(_) if std::ptr::eq(keys, &CAMERA) => {
            let source = if ["controls", "complete_jpeg"].contains(&key) { "v4l2" } else { "genicam" };
            let others = [("id", "1"), ("source", &format!("'{source}'")), ("device", "'/x'")];
            let others = others.iter().filter(|(name, _)| *name != key);
            others.fold("[[camera]]\n".into(), |text, (name, value)| format!("{text}{name} = {value}\n"))
        }
        Some(name) => format!("[{name}]\n"),
    };
    let text = format!("{header}{key} = [1979-05-27]");
    let problems = problems(&text);
    let own = problems.iter().find(|problem| problem.line == text.lines().count());
    own.unwrap_or_else(|| panic!("{key} {} is not read", keys.place)).message.clone()
}

/// "1 to 100" of "a whole number from 1 to 100 is expected".
fn range(told: &str) -> Option<String> {
    let words: Vec<_> = told.split(' ').collect();
    let ranges =
        words.windows(3).filter(|w| w[1] == "to" && w[0].parse::<f64>().is_ok() && w[2].parse::<f64>().is_ok());
    ranges.map(|words| words.join(" ")).next()
}

/// All that the example says of a key of a table: the prose just above it, and its own line.
fn comments(table: Option<&str>, key: &str) -> String {
    let mut here = None;
    let mut prose = String::new();
    let mut found = String::new();
    let example = uncommented_example();
    for line in example.lines() {
        if line.starts_with('#') {
            prose += line;
        } else {
            if line.starts_with('[') {
                here = line.split(['[', ']']).find(|name| !name.is_empty());
            } else if here == table && line.split(" = ").next() == Some(key) {
                found += &format!("{prose}{line}\n");
            }
            prose.clear();
        }
    }
    found
}
