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
    http(address, "GET", path).await
}

/// Status and body of `POST path` with nothing in it.
///
/// # Errors
/// No answer came, or none that is HTTP.
pub async fn http_post(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    http(address, "POST", path).await
}

async fn http(address: SocketAddr, method: &str, path: &str) -> Result<(u16, String)> {
    let mut connection = TcpStream::connect(address).await?;
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, connection.read_to_end(&mut answer)).await.context("no end of the answer")??;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no status line")?.parse()?;
    Ok((status, body.to_owned()))
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
