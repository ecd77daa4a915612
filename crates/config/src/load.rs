//! From a file to [`Config`], and which file that is.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Config, DEFAULT_FILE, Problem, Problems};

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not there, or we may not read it.
    #[error("cannot read the configuration {}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// As the system says.
        cause: io::Error,
    },
    /// It holds mistakes; displayed one a line: `FILE:LINE: …`.
    #[error("{}", problems.in_file(path))]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// All of them.
        problems: Problems,
    },
}

impl Config {
    /// The configuration that holds: the file named by `--config` or `CAMERACAST_CONFIG`, which has to exist;
    /// otherwise [`DEFAULT_FILE`] where it exists; otherwise the defaults.
    ///
    /// # Errors
    /// The file cannot be read, or holds mistakes: all of them.
    pub fn find(explicit: Option<&Path>) -> Result<Self, LoadError> {
        find(explicit, Path::new(DEFAULT_FILE))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or holds mistakes: all of them.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|cause| LoadError::Unreadable { path: path.into(), cause })?;
        text(&bytes).and_then(Self::parse).map_err(|problems| LoadError::Mistakes { path: path.into(), problems })
    }
}

pub(crate) fn find(explicit: Option<&Path>, default: &Path) -> Result<Config, LoadError> {
    match (explicit, Config::load(explicit.unwrap_or(default))) {
        (None, Err(LoadError::Unreadable { cause, .. })) if cause.kind() == io::ErrorKind::NotFound => {
            Ok(Config::default())
        }
        (_, loaded) => loaded,
    }
}

fn text(bytes: &[u8]) -> Result<&str, Problems> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        Problems(vec![Problem { line, message: "this is no UTF-8 text".into() }])
    })
}
