//! Tokens: where they may stand, and that nobody sees them.

use std::fs;

use super::{BRIDGE, told_of};
use crate::{Config, Secret, TokenError, Tokens};

/// What holds with these lines in `[bridge]` and these credentials.
fn tokens(lines: &str, credentials: Option<&std::path::Path>) -> Result<Tokens, TokenError> {
    Config::parse(&format!("[bridge]\n{lines}")).unwrap().bridge.tokens(credentials)
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text).unwrap())
}

#[test]
fn no_message_shows_a_token() {
    let expected = "text of 1 to 256 visible ASCII characters is expected";
    for (line, told) in [
        ("view_token = 'se same'", format!("2: view_token is something else, {expected}")),
        ("view_token = ''", format!("2: view_token is something else, {expected}")),
        ("control_token = 'sesamö'", format!("2: control_token is something else, {expected}")),
        ("control_token = 5353", format!("2: control_token is a whole number, {expected}")),
        ("control_token = [ 'sesame' ]", format!("2: control_token is a list, {expected}")),
        ("view_token = sesame", "2: this is no value, text in quotes is expected".into()),
        ("view_token = 'sesame", "2: the quote that ends the text is missing".into()),
        ("view_token 'sesame'", "2: the = is missing, a setting is written key = value".into()),
        ("view_tokn = 'sesame'", "2: unknown key \"view_tokn\" in [bridge], did you mean \"view_token\"?".into()),
    ] {
        assert_eq!(told_of(BRIDGE, line), [told], "{line}");
    }
    let config = Config::parse("[bridge]\nview_token = 'sesame'\ncontrol_token = 'thyme'").unwrap();
    let shown = format!("{config:?} {:?}", config.bridge.tokens(None));
    assert!(!shown.contains("sesame") && !shown.contains("thyme"), "{shown}");
}

#[test]
fn a_token_stands_in_one_place_and_is_not_another_one() {
    let told = told_of(BRIDGE, "view_token = 'sesame'\nview_token_file = '/x'");
    assert_eq!(told, ["3: view_token_file stands instead of view_token, not beside it"]);
    let told = told_of(BRIDGE, "view_token = 'sesame'\ncontrol_token = 'sesame'");
    assert_eq!(told, ["3: control_token is the view_token too: whoever may watch could change cameras"]);
}

#[test]
fn without_tokens_there_are_none() {
    assert_eq!(tokens("", None).unwrap(), Tokens::default());
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(tokens("", Some(empty.path())).unwrap(), Tokens::default());
}

#[test]
fn tokens_are_read_from_the_configuration_from_files_and_from_credentials_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    file("view_token", "credential\n");
    file("control_token", "control-credential");
    let own = file("own", "of-a-file\r\n");
    let credentials = Some(folder.path());
    let both = |view, control| Tokens { view: secret(view), control: secret(control) };
    assert_eq!(tokens("", credentials).unwrap(), both("credential", "control-credential"));
    let in_file = format!("view_token_file = '{own}'");
    assert_eq!(tokens(&in_file, credentials).unwrap(), both("of-a-file", "control-credential"));
    assert_eq!(tokens(&in_file, None).unwrap(), Tokens { view: secret("of-a-file"), control: None });
    assert_eq!(tokens("view_token = 'here'", credentials).unwrap(), both("here", "control-credential"));
}

#[test]
fn a_file_without_a_token_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let read = || tokens(&format!("view_token_file = '{}'", file.display()), None).unwrap_err().to_string();
    assert!(read().starts_with(&format!("cannot read the token in {} (", file.display())), "{}", read());
    for text in ["", "\n", "two words", "sesame\nthyme\n", "\u{feff}sesame"] {
        fs::write(&file, text).unwrap();
        let told = read();
        assert!(told.starts_with(&format!("{} holds no token: ", file.display())), "{told}");
        assert!(!told.contains("sesame"), "{told}");
    }
    fs::write(&file, "sesame").unwrap();
    let same = format!("control_token = 'sesame'\nview_token_file = '{}'", file.display());
    assert!(matches!(tokens(&same, None), Err(TokenError::Same)));
}
