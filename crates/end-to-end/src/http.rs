//! One HTTP request, as `curl` would make it.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// Status and body of `GET path`.
///
/// # Errors
/// No answer came, or none that is HTTP.
pub async fn http_get(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await
}

/// Status and body of `POST path` with a JSON body.
///
/// # Errors
/// No answer came, or none that is HTTP.
pub async fn http_post(address: SocketAddr, path: &str, body: &Value) -> Result<(u16, String)> {
    let body = body.to_string();
    let kind = format!("Content-Type: application/json\r\nContent-Length: {}", body.len());
    ask(address, &format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{kind}\r\n\r\n{body}")).await
}

async fn ask(address: SocketAddr, request: &str) -> Result<(u16, String)> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let whole = async {
        while !is_whole(&answer) && connection.read_buf(&mut answer).await? > 0 {}
        anyhow::Ok(())
    };
    timeout(PATIENCE, whole).await.context("no end of the answer")??;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no status line")?.parse()?;
    Ok((status, body.to_owned()))
}

/// Whether all is there that an answer's Content-Length promises: not every server closes the connection when asked to.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let mut lengths = head.lines().filter_map(|line| line.split_once(':'));
    let length = lengths.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, length)| length.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= head.len() + 4 + length)
}

/// `cameras` of `/api/status`.
///
/// # Errors
/// There is no such answer.
pub async fn status_of_cameras(address: SocketAddr) -> Result<Vec<Value>> {
    let (_, body) = http_get(address, "/api/status").await?;
    let status: Value = serde_json::from_str(&body).with_context(|| format!("/api/status answered {body}"))?;
    Ok(status["cameras"].as_array().context("no cameras in /api/status")?.clone())
}
