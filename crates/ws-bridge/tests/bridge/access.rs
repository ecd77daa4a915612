//! Who may look, and who may change cameras.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::feeder::{Feeder, bundle, camera};
use crate::support::{Bridge, within};

const VIEW: &str = "let-me-see-3f9c2a";
const CONTROL: &str = "let-me-turn-8d1e7b";
const BOTH: &str = "[bridge]\nview_token = 'let-me-see-3f9c2a'\ncontrol_token = 'let-me-turn-8d1e7b'\n\
                    allowed_origins = ['https://wall.example']\n";
const ONLY_CONTROL: &str = "[bridge]\ncontrol_token = 'let-me-turn-8d1e7b'\n";

/// Each face with a request for it, without its end.
const FACES: [(&str, &str); 8] = [
    ("page", "GET /"),
    ("bundles", "WS /"),
    ("camera", "WS /camera/0"),
    ("stream", "GET /stream/0"),
    ("frame", "GET /api/frame/0"),
    ("status", "GET /api/status"),
    ("metrics", "GET /metrics"),
    ("control", "POST /api/camera/0/stop"),
];

/// What somebody shows, in an address or as headers, and the status of each face for it.
type Row<'a> = (&'a str, String, String, [u16; 8]);

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn by_header(who: &'static str, headers: String, expected: [u16; 8]) -> Row<'static> {
    (who, String::new(), headers, expected)
}

fn by_address(who: &'static str, token: &str, expected: [u16; 8]) -> Row<'static> {
    (who, format!("?token={token}"), String::new(), expected)
}

fn request(face: &str, query: &str, headers: &str, address: &str) -> String {
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    match face.split_once(' ').unwrap() {
        ("WS", path) => format!("GET {path}{query} HTTP/1.1\r\nHost: {address}\r\n{upgrade}{headers}\r\n"),
        (method, path) => {
            format!("{method} {path}{query} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n{headers}\r\n")
        }
    }
}

/// The head of the answer, in lower case but for values that are not: an endless body is left alone.
async fn head_over(mut stream: TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within("the head of an answer", stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn head(address: &str, request: &str) -> String {
    head_over(TcpStream::connect(address).await.unwrap(), request).await
}

/// The same from another address of this machine.
async fn head_from(from: [u8; 4], address: &str, request: &str) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    head_over(socket.connect(address.parse().unwrap()).await.unwrap(), request).await
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: cams.example:8443\r\n{headers}\r\n")
}

/// A bridge that knows a camera, whose grabber grants whatever is asked. It is healthy without a token, and ready while
/// the picture is new.
async fn with_camera(config: &str) -> Bridge {
    let bridge = Bridge::start_with(config).await;
    let mut feeder: Feeder = bridge.feeder().await;
    feeder.hear().await;
    feeder.report(&[camera(0)]).await;
    feeder.send(&bundle(0, &[(0, b"\xFF\xD8\xFF\xD9")])).await;
    let frame = request("GET /api/frame/0", "", &bearer(CONTROL), &bridge.address);
    within("the camera is known", async { while status(&head(&bridge.address, &frame).await) != 200 {} }).await;
    for face in ["GET /healthz", "GET /readyz"] {
        assert_eq!(status(&head(&bridge.address, &request(face, "", "", &bridge.address)).await), 200, "{face}");
    }
    tokio::spawn(async move {
        loop {
            let asked = feeder.hear().await;
            feeder.grant(&asked, json!({})).await;
        }
    });
    bridge
}

async fn holds(bridge: &Bridge, rows: &[Row<'_>]) {
    for (who, query, headers, expected) in rows {
        let mut got = [0; 8];
        for ((_, face), got) in FACES.iter().zip(&mut got) {
            let head = head(&bridge.address, &request(face, query, headers, &bridge.address)).await;
            *got = status(&head);
            let asks = header(&head, "www-authenticate").is_some_and(|how| how.starts_with("Bearer"));
            assert_eq!(asks, *got == 401, "{who}, {face}: {head}");
        }
        let faces: Vec<_> = FACES.iter().map(|(name, _)| *name).collect();
        assert_eq!(got, *expected, "{who}: {faces:?}");
    }
}

/// What is in the cookie that the page sets for a token.
async fn cookie_for(bridge: &Bridge, token: &str) -> String {
    let head = head(&bridge.address, &request("GET /", &format!("?token={token}"), "", &bridge.address)).await;
    let set = header(&head, "set-cookie").unwrap_or_else(|| panic!("{head}"));
    format!("Cookie: other=1; {}\r\n", set.split(';').next().unwrap())
}

#[tokio::test]
async fn who_may_what() {
    let denied = [401; 8];
    let watches = [200, 101, 101, 200, 200, 200, 200, 403];
    let all = [200, 101, 101, 200, 200, 200, 200, 200];
    let foreign = [200, 403, 403, 200, 200, 200, 200, 403];

    let bridge = with_camera(BOTH).await;
    let own = format!("Origin: http://{}\r\n", bridge.address);
    let other_port = "Origin: http://127.0.0.1:1\r\n";
    let (view_cookie, control_cookie) = (cookie_for(&bridge, VIEW).await, cookie_for(&bridge, CONTROL).await);
    let old_cookie = view_cookie.replace("bGV0", "b2xk");
    assert_ne!(old_cookie, view_cookie);
    holds(
        &bridge,
        &[
            by_header("no token", String::new(), denied),
            by_header("an empty token", bearer(""), denied),
            by_header("a wrong token", bearer("let-me-see"), denied),
            by_header("something else than a token", "Authorization: Basic bGV0\r\n".into(), denied),
            by_header("a view token", bearer(VIEW), watches),
            by_header("a control token, no Origin", bearer(CONTROL), all),
            by_header("the right Origin with a port", bearer(CONTROL) + &own, all),
            by_header("a foreign Origin", bearer(CONTROL) + "Origin: http://evil.example\r\n", foreign),
            by_header("the right Origin with a wrong port", bearer(CONTROL) + other_port, foreign),
            by_header("a listed Origin", bearer(CONTROL) + "Origin: https://wall.example\r\n", all),
            by_header("a foreign Origin and no token", "Origin: http://evil.example\r\n".into(), denied),
            by_header("a control token through a proxy", bearer(CONTROL) + "X-Forwarded-For: 192.0.2.1\r\n", all),
            by_address("?token= that is wrong", "let-me-see", denied),
            by_address("?token= that is empty", "", denied),
            by_address("?token= to view", VIEW, [303, 101, 101, 200, 200, 200, 200, 403]),
            by_address("?token= to control", CONTROL, [303, 101, 101, 200, 200, 200, 200, 200]),
            by_header("a cookie to view", view_cookie, watches),
            by_header("a cookie to control", control_cookie.clone(), all),
            by_header("a cookie, from a foreign page", control_cookie + "Origin: http://evil.example\r\n", foreign),
            by_header("an old cookie", old_cookie, denied),
        ],
    )
    .await;

    let guarded = with_camera(ONLY_CONTROL).await;
    let only_watches = [200, 101, 101, 200, 200, 200, 200, 401];
    holds(
        &guarded,
        &[
            by_header("no token", String::new(), only_watches),
            by_header("a wrong token", bearer("let-me-turn"), denied),
            by_header("an old cookie", "Cookie: cameracast=b2xk\r\n".into(), only_watches),
            by_header("a control token", bearer(CONTROL), all),
            by_address("?token= to control", CONTROL, [303, 101, 101, 200, 200, 200, 200, 200]),
        ],
    )
    .await;

    let open = with_camera("").await;
    let own = format!("Origin: http://{}\r\n", open.address);
    holds(
        &open,
        &[
            by_header("nobody", String::new(), all),
            by_header("some token", bearer("x"), all),
            by_address("some token in the address", "x", all),
            by_header("the right Origin with a port", own, all),
            by_header("a foreign Origin", "Origin: http://evil.example\r\n".into(), foreign),
            by_header("somebody behind a proxy", "X-Forwarded-For: 192.0.2.1\r\n".into(), watches),
        ],
    )
    .await;

    for bridge in [bridge, guarded, open] {
        bridge.logs(&["viewer gone"]).await;
        for secret in [VIEW, CONTROL, "let-me", "bGV0", "token=x"] {
            assert_eq!(bridge.log_lines(secret), [""; 0]);
        }
    }
}

#[tokio::test]
async fn the_page_moves_the_token_from_its_address_into_a_cookie() {
    for (more, secure) in [("", false), ("public_url = 'https://cams.example'\n", true)] {
        let bridge = Bridge::start_with(&format!("{BOTH}{more}")).await;
        let asked = get(&format!("/?cameras=0,2&token={VIEW}&fps=5"), "");
        let moved = head(&bridge.address, &asked).await;
        assert_eq!(status(&moved), 303, "{moved}");
        assert_eq!(header(&moved, "location"), Some("./?cameras=0,2&fps=5"));
        assert_eq!(header(&moved, "cache-control"), Some("no-store"));
        let (cookie, attributes) = header(&moved, "set-cookie").unwrap().split_once("; ").unwrap();
        let expected = if secure { "HttpOnly; SameSite=Lax; Secure" } else { "HttpOnly; SameSite=Lax" };
        assert_eq!(attributes, expected);
        assert!(!moved.contains(VIEW), "{moved}");

        let shown = format!("Cookie: {cookie}\r\n");
        for path in ["/?cameras=0,2&fps=5", "/viewer.mjs", "/api/status"] {
            assert_eq!(status(&head(&bridge.address, &get(path, "")).await), 401, "{path}");
            assert_eq!(status(&head(&bridge.address, &get(path, &shown)).await), 200, "{path}");
        }
    }
}

#[tokio::test]
async fn the_status_says_whether_who_asks_may_control() {
    let bridge = Bridge::start_with(BOTH).await;
    for (token, allowed, names) in [(VIEW, false, "control token"), (CONTROL, true, "")] {
        let close = format!("{}Connection: close\r\n", bearer(token));
        let (_, body) = bridge.request(&get("/api/status", &close)).await;
        let status: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status["control"]["allowed"], allowed);
        assert!(status["control"]["reason"].as_str().unwrap_or_default().contains(names), "{status}");
        assert!(!body.contains("let-me"), "{body}");
    }
}

#[tokio::test]
async fn who_tries_many_tokens_has_to_wait_and_nobody_else_does() {
    let bridge = Bridge::start_with(BOTH).await;
    let tries = (0..60).map(|number| {
        let (address, asked) = (bridge.address.clone(), get("/api/status", &bearer(&format!("guess-{number}"))));
        tokio::spawn(async move { head(&address, &asked).await })
    });
    let mut answers = vec![];
    for answer in tries.collect::<Vec<_>>() {
        answers.push(answer.await.unwrap());
    }
    let later: Vec<_> = answers.iter().filter(|answer| status(answer) == 429).collect();
    let wrong = answers.iter().filter(|answer| status(answer) == 401).count();
    assert_eq!(later.len() + wrong, 60);
    assert!((20..40).contains(&wrong), "{wrong}");
    assert!(later.iter().all(|answer| header(answer, "retry-after").is_some()));

    let begin = Instant::now();
    let other = head_from([127, 0, 0, 2], &bridge.address, &get("/api/status", &bearer(VIEW))).await;
    assert_eq!(status(&other), 200);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    bridge.logs(&["wrong token", "address=127.0.0.1"]).await;
}

#[tokio::test]
async fn tokens_come_from_files_and_credentials_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("view_token"), format!("{VIEW}\n")).unwrap();
    std::fs::write(folder.path().join("own"), CONTROL).unwrap();
    let config = folder.path().join("cameracast.toml");
    let own = folder.path().join("own");
    std::fs::write(&config, format!("[bridge]\ncontrol_token_file = '{}'\n", own.display())).unwrap();
    let mut command = crate::support::command();
    let socket = folder.path().join("cam.sock");
    command.arg("--config").arg(&config).args(["--listen", "127.0.0.1:0"]).arg("--socket").arg(&socket);
    command.env("CREDENTIALS_DIRECTORY", folder.path());
    let bridge = Bridge::spawn(command, socket, tempfile::tempdir().unwrap()).await;
    for (token, expected) in [(VIEW, 200), (CONTROL, 200), ("x", 401)] {
        assert_eq!(status(&head(&bridge.address, &get("/api/status", &bearer(token))).await), expected);
    }

    std::fs::write(&own, "two words").unwrap();
    let mut command = crate::support::command();
    let output = within("the end", command.arg("--config").arg(&config).output()).await.unwrap();
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert!(sentence.contains("own holds no token") && !sentence.contains("two words"), "{sentence}");
}

#[tokio::test]
async fn pages_from_anywhere_may_read_where_that_is_asked_for() {
    let names = ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"];
    let of = |head: &str| names.map(|name| header(head, name).map(str::to_owned));
    let origin = "Origin: https://other.example\r\n";
    let may_i = format!(
        "OPTIONS /api/status HTTP/1.1\r\nHost: x\r\n{origin}Access-Control-Request-Method: GET\r\n\
         Access-Control-Request-Headers: authorization\r\n\r\n"
    );
    let control = format!("POST /api/camera/0/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{origin}\r\n");

    let shared = Bridge::start_with(&format!("{BOTH}cors = true\n")).await;
    for (asked, status_expected, expected) in [
        (get("/api/status", &(bearer(VIEW) + origin)), 200, [Some("*"), None, None]),
        (get("/api/status", origin), 401, [Some("*"), None, None]),
        (may_i.clone(), 204, [Some("*"), Some("GET, HEAD"), Some("Authorization, If-None-Match")]),
        (may_i.replace("Method: GET", "Method: POST"), 401, [None; 3]),
        (control, 401, [None; 3]),
    ] {
        let head = head(&shared.address, &asked).await;
        assert_eq!((status(&head), of(&head)), (status_expected, expected.map(|value| value.map(str::to_owned))));
    }
    let closed = Bridge::start().await;
    for asked in [get("/api/status", origin), may_i] {
        assert_eq!(of(&head(&closed.address, &asked).await), [None, None, None]);
    }
}
