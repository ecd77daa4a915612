//! Mistakes of writing: the file is no TOML, and is read as far as it goes.

use super::told;

#[test]
fn what_is_no_toml_is_told_in_a_sentence() {
    let no_value = "is no value, a number, true, false or text in quotes is expected";
    let cases = [
        ("[stream]\nfps", "2: the = is missing, a setting is written key = value".to_owned()),
        ("[stream]\nfps 30", "2: the = is missing, a setting is written key = value".into()),
        ("[stream]\nfps = ", "2: a value is missing behind the =".into()),
        ("[stream]\nfps = 3O", format!("2: \"3O\" {no_value}")),
        ("[stream]\nfps = 30 fps", format!("2: \"30 fps\" {no_value}")),
        ("[stream]\nencoder = turbo", format!("2: \"turbo\" {no_value}")),
        ("[bridge]\nlisten = 192.0.2.10:80", format!("2: \"192.0.2.10:80\" {no_value}")),
        ("[bridge]\nlisten = “x”", format!("2: \"“x”\" {no_value}")),
        ("[stream]\nencoder = \"turbo", "2: the quote that ends the text is missing".into()),
        ("[stream]\nencoder = 'turbo\nfps = 3", "2: the quote that ends the text is missing".into()),
        (
            "[stream]\nfps = 30,",
            "2: something stands behind the end of the value, each setting has a line of its own".into(),
        ),
        ("[stream]\nfps == 30", "2: this is no TOML: extra `=`".into()),
        ("[stream]\nfps = 030", "2: this is no TOML: unexpected leading zero".into()),
        ("[stream\nfps = 30", "1: the ] behind the name of the table is missing".into()),
        ("[[camera]\nid = 0\nsource = 'pattern'", "1: the ]] behind the name of the table is missing".into()),
        ("[stream]\nfps = 30\nfps = 25", "3: \"fps\" stands here a second time".into()),
        ("[stream]\n[bridge]\n[stream]", "3: \"stream\" stands here a second time".into()),
        ("allowed_uids = [1,", "1: the ] that ends the list is missing".into()),
    ];
    for (text, expected) in cases {
        assert_eq!(told(text), [expected], "{text}");
    }
}

#[test]
fn mistakes_of_writing_and_of_meaning_are_told_together() {
    assert_eq!(
        told(
            "[stream]\nfps = 3O\nquality = 3\n[[camera]]\nid = 0\nsource = 'pattern'\nwidth = = 3\nheight = 0\n[bridge\nmax_clients = 0"
        ),
        [
            "2: \"3O\" is no value, a number, true, false or text in quotes is expected",
            "3: unknown key \"quality\" in [stream], did you mean \"jpeg_quality\"?",
            "7: this is no TOML: extra `=`",
            "8: height is 0, a whole number from 1 to 65535 pixels is expected",
            "9: the ] behind the name of the table is missing",
            "10: max_clients is 0, a whole number from 1 to 1000000 is expected",
        ]
    );
}

#[test]
fn a_key_that_may_stand_in_a_broken_line_is_not_called_missing() {
    let expected = "2: the = is missing, a setting is written key = value";
    assert_eq!(told("[[camera]]\nid 0\nsource = 'pattern'"), [expected]);
    let next = "4: id is missing, a whole number from 0 to 255 is expected";
    assert_eq!(told("[[camera]]\nid 0\nsource = 'pattern'\n[[camera]]\nsource = 'pattern'"), [expected, next]);
}

#[test]
fn what_has_no_end_is_told_where_it_begins_and_what_it_swallowed_is_not_judged() {
    let below = "\n\n[[camera]]\nid = 0\nsource = 'pattern'\n[bridge]\nlisten = 'x'\n";
    for (line, expected) in [
        ("allowed_uids = [1, 2", "3: the ] that ends the list is missing"),
        ("allowed_uids = [[1, [2], [3", "3: the ] that ends the list is missing"),
        ("stream = { fps = 30", "3: the } that ends the table is missing"),
        ("socket = \"\"\"/tmp/x", "3: the quotes that end the text are missing"),
        ("socket = '''/tmp/x", "3: the quotes that end the text are missing"),
    ] {
        let text = format!("bridge.max_clients = 0\n\n{line}{below}");
        let above = "1: max_clients is 0, a whole number from 1 to 1000000 is expected";
        assert_eq!(told(&text), [above, expected], "{line}");
    }
}
