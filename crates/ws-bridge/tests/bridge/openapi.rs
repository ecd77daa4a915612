//! `/api/openapi.json` says what the bridge really takes and answers.

mod schema;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::feeder::{Feeder, bundle};
use crate::support::{Bridge, within};
use schema::conforms;

const JSON: &str = "Content-Type: application/json\r\n";
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const PICTURE: &[u8] = b"\xFF\xD8\xFF\xD9";

/// Status, head and body.
type Answer = (u16, String, String);

/// The answer to a request on a connection of its own; of one without an end, the head.
async fn ask(address: &str, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let size = body.len();
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {size}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("the head of an answer", stream.read_u8()).await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    within("the body of an answer", stream.read_exact(&mut body)).await.unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, String::from_utf8_lossy(&body).into_owned())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The description, and which of the answers in it were seen.
struct Faces {
    document: Value,
    seen: BTreeSet<String>,
}

impl Faces {
    async fn of(bridge: &Bridge) -> Self {
        let (status, head, body) = ask(&bridge.address, "GET", "/api/openapi.json", "", "").await;
        assert_eq!((status, header(&head, "content-type")), (200, Some("application/json")));
        assert_eq!(header(&head, "cache-control"), Some("no-cache"));
        Self { document: serde_json::from_str(&body).unwrap(), seen: BTreeSet::new() }
    }

    /// Method, path, and what is said about them.
    fn all(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, face)| (method.to_uppercase(), path.as_str(), face))
        })
    }

    /// Each answer that is described.
    fn answers(&self) -> BTreeSet<String> {
        let statuses = |face: &Value| face["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let all = self.all().map(|(method, path, face)| (format!("{method} {path}"), statuses(face)));
        all.flat_map(|(face, statuses)| statuses.into_iter().map(move |status| format!("{face} {status}"))).collect()
    }

    /// Asks and checks.
    async fn ask(&mut self, bridge: &Bridge, method: &str, path: &str, target: &str, headers: &str, body: &str) {
        let answer = ask(&bridge.address, method, target, headers, body).await;
        self.check(method, path, &answer);
    }

    /// Fails the test where an answer of the face at `path` is not as described.
    fn check(&mut self, method: &str, path: &str, (status, head, body): &Answer) {
        let what = format!("{method} {path} {status}");
        let answers = &self.document["paths"][path][method.to_lowercase()]["responses"];
        let described = &answers[status.to_string()];
        assert!(described.is_object(), "{what} is not described: {head}{body}");
        for (name, about) in described["headers"].as_object().into_iter().flatten() {
            let value = match header(head, name) {
                None => Value::Null, // which has to be described, too
                Some(text) if about["schema"]["type"] == "string" => text.into(),
                Some(text) => serde_json::from_str(text).unwrap_or_else(|_| panic!("{what}, {name} is {text}")),
            };
            conforms(&self.document, &about["schema"], &format!("{what}, {name}"), &value);
        }
        let kind = header(head, "content-type").and_then(|kind| kind.split(';').next());
        let kinds: Vec<_> = described["content"].as_object().into_iter().flatten().collect();
        assert_eq!(kind, kinds.first().map(|(kind, _)| kind.as_str()), "{what}");
        match kind {
            Some("application/json") => {
                let body = serde_json::from_str(body).unwrap();
                conforms(&self.document, &kinds[0].1["schema"], &what, &body);
            }
            Some("text/plain") => assert!(body.ends_with('\n') && body.len() > 1, "{what}: {body}"),
            _ => {}
        }
        self.seen.insert(what);
    }
}

/// A grabber that does every second thing that it is asked for.
async fn play(mut feeder: Feeder) {
    for ok in [true, false].into_iter().cycle() {
        let request = feeder.hear().await;
        let mut result = json!({"type": "result", "request": request["request"], "ok": ok});
        match ok {
            true => result["applied"] = request["set"].as_object().map_or(json!({}), |set| json!(set)),
            false => result["error"] = json!("not today"),
        }
        feeder.say(&result).await;
    }
}

#[tokio::test]
async fn each_face_takes_the_methods_that_are_described_and_no_other() {
    let bridge = Bridge::start().await;
    let faces = Faces::of(&bridge).await;
    for (method, path, _) in faces.all() {
        let target = path.replace("{id}", "0");
        let (status, head, body) = ask(&bridge.address, "DELETE", &target, "", "").await;
        assert_eq!(status, 405, "{path}");
        let expected = if method == "GET" { "GET,HEAD" } else { &method };
        assert_eq!(header(&head, "allow"), Some(expected), "{path}");
        assert!(body.contains(&method), "{path}: {body}");
    }
}

#[tokio::test]
async fn answers_are_as_described_and_what_is_described_is_answered() {
    let bridge = Bridge::start().await;
    let mut faces = Faces::of(&bridge).await;
    let all: Vec<_> = faces.all().map(|(method, path, _)| (method, path.to_owned())).collect();
    let control = |method: &str| method == "POST";

    // Nobody has sent anything.
    for (method, path) in &all {
        for id in ["0", "256", "x", "%FF"] {
            faces.ask(&bridge, method, path, &path.replace("{id}", id), JSON, "{}").await;
        }
    }

    // A grabber that takes no requests, and has no picture yet.
    let mut feeder = bridge.feeder().await;
    feeder.send(&bundle(0, &[(9, b"")])).await;
    bridge.status_when(|status| status["cameras"].as_array().unwrap().len() == 1).await;
    for (method, path) in &all {
        faces.ask(&bridge, method, path, &path.replace("{id}", "9"), JSON, r#"{"fps":5}"#).await;
    }

    // Another one that does, with a camera that is the first now, and what only looks like a picture.
    let mut other = bridge.feeder().await;
    assert_eq!(other.hear().await["type"], "hello");
    let state = json!({"camera": 0, "name": "Yard", "state": "streaming", "stream_fps": 12.5, "source": "v4l2",
                       "dropped": {"encoder busy": 3}, "statistics": {"resent packets": 1}});
    other.say(&json!({"type": "state", "session": "9", "demo": false, "cameras": [state]})).await;
    other.send(&bundle(0, &[(0, PICTURE)])).await;
    bridge.status_when(|status| status["cameras"][0]["frames"] == 1).await;
    let _grabber = tokio::spawn(play(other));
    let mut viewer = bridge.viewer("?cameras=0&fps=5").await;
    viewer.bundle().await;
    for (method, path) in &all {
        let target = path.replace("{id}", "0");
        if control(method) {
            let long = " ".repeat(5000);
            for (headers, body) in [
                (JSON, r#"{"resolution":[640,480],"fps":5,"trigger":"Off"}"#),
                (JSON, r#"{"stream_fps":5.5}"#),
                (JSON, r#"{"device":"/dev/video1"}"#),
                (JSON, &long),
                ("", "{}"),
                ("Content-Type: application/json\r\nX-Forwarded-For: ::1\r\n", "{}"),
            ] {
                faces.ask(&bridge, method, path, &target, headers, body).await;
            }
        } else {
            let foreign = format!("{UPGRADE}Origin: http://evil.example\r\n");
            for (target, headers) in [
                (target.clone(), ""),
                (target.clone(), UPGRADE),
                (target.clone(), &foreign),
                (format!("{target}?fps=no&size=no"), UPGRADE),
                (format!("{target}?size=32x32"), ""),
                (target.clone(), "If-None-Match: *\r\n"),
            ] {
                faces.ask(&bridge, method, path, &target, headers, "").await;
            }
        }
    }

    // One whose only place is taken.
    let full = Bridge::start_with("[bridge]\nmax_clients = 1\n").await;
    let _viewer = full.viewer("").await;
    let mut feeder = full.feeder().await;
    feeder.send(&bundle(0, &[(0, PICTURE)])).await;
    full.status_when(|status| status["cameras"].as_array().unwrap().len() == 1).await;
    for (method, path) in all.iter().filter(|(method, _)| !control(method)) {
        faces.ask(&full, method, path, &path.replace("{id}", "0"), UPGRADE, "").await;
    }

    // One that asks for a token.
    let guarded = Bridge::start_with("[bridge]\ncontrol_token = 'let-me'\n").await;
    for (method, path) in all.iter().filter(|(method, _)| control(method)) {
        faces.ask(&guarded, method, path, &path.replace("{id}", "0"), JSON, "{}").await;
    }

    // What takes long: a camera without a new picture, a grabber that does not answer, a body that does not come; and a
    // grabber that goes while it is asked.
    let is_rare = |answer: &String| [" 504", "/config 408", "/reload 503"].iter().any(|end| answer.ends_with(end));
    let unseen = faces.answers().into_iter().filter(|answer| !faces.seen.contains(answer) && !is_rare(answer));
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<String>::new());
}
