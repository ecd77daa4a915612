//! Reads golden vectors, as `proto/vectors/README.md` describes them.

use std::error::Error;
use std::fs;
use std::path::Path;

/// The bytes of each vector of a folder.
pub fn all_in(folder: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let bytes = read(&fs::read_to_string(&path)?).ok_or_else(|| format!("{} is no vector", path.display()))?;
            vectors.push(bytes);
        }
    }
    if vectors.is_empty() { Err(format!("no vectors in {}", folder.display()).into()) } else { Ok(vectors) }
}

fn read(text: &str) -> Option<Vec<u8>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits: Option<Vec<u8>> =
        lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).map(|c| Some(c.to_digit(16)? as u8)).collect();
    Some(digits?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
