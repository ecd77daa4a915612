//! `multipart/x-mixed-replace` as it is on the wire, byte by byte.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use end_to_end::Picture;

const BOUNDARY: &[u8] = b"--frame\r\n";

/// One picture of a stream.
pub(crate) struct Part {
    headers: BTreeMap<String, String>,
    pub(crate) jpeg: Vec<u8>,
}

impl Part {
    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Result<&str> {
        self.headers.get(name).map(String::as_str).with_context(|| format!("no {name} in {:?}", self.headers))
    }

    /// When the picture was taken, seconds of Unix time.
    pub(crate) fn timestamp(&self) -> Result<f64> {
        Ok(self.header("x-timestamp")?.parse()?)
    }

    pub(crate) fn picture(&self) -> Result<Picture> {
        Picture::from_jpeg(&self.jpeg)
    }
}

/// The whole parts of a body that was cut off somewhere, and what is left after the last of them.
///
/// # Errors
/// It is not written as it has to be.
pub(crate) fn parts(body: &[u8]) -> Result<(Vec<Part>, &[u8])> {
    let mut rest = body.strip_prefix(BOUNDARY).context("no boundary at the beginning")?;
    let mut parts = Vec::new();
    while let Some(end) = find(rest, b"\r\n\r\n") {
        let headers = headers(std::str::from_utf8(&rest[..end])?)?;
        let length: usize = headers.get("content-length").context("no Content-Length")?.parse()?;
        let data = &rest[end + 4..];
        if data.len() < length {
            break;
        }
        let (jpeg, after) = data.split_at(length);
        let jpeg = jpeg.to_vec();
        ensure!(jpeg.starts_with(b"\xFF\xD8") && jpeg.ends_with(b"\xFF\xD9"), "{length} bytes that are no whole JPEG");
        // At once: a browser shows a picture when it sees that it has ended.
        let Some(after) = after.strip_prefix(b"\r\n").and_then(|after| after.strip_prefix(BOUNDARY)) else {
            bail!("{} bytes after the JPEG, and they are no boundary", after.len());
        };
        parts.push(Part { headers, jpeg });
        rest = after;
    }
    Ok((parts, rest))
}

fn headers(lines: &str) -> Result<BTreeMap<String, String>> {
    let pairs = lines.split("\r\n").map(|line| {
        let (name, value) = line.split_once(": ").with_context(|| format!("«{line}» is no header"))?;
        Ok((name.to_ascii_lowercase(), value.to_owned()))
    });
    pairs.collect()
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
