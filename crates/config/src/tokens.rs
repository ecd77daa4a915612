//! The tokens that let people watch and change cameras: in the configuration, in a file of their own, or as a systemd
//! credential.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Bridge, Secret};

/// Where a token stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// In the configuration itself.
    Here(Secret),
    /// In a file, which only the bridge has to be able to read.
    In(PathBuf),
}

/// The tokens themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// Lets somebody watch; `None`: everybody may.
    pub view: Option<Secret>,
    /// Lets somebody change cameras, and watch; `None`: who sits at the bridge's machine may.
    pub control: Option<Secret>,
}

/// Why the tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file is not there, or we may not read it.
    #[error("cannot read the token in {} ({cause}): it has to be there, and the user that the bridge runs as has to be able to read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// As the system says.
        cause: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no token: one line with 1 to 256 visible ASCII characters is expected", path.display())]
    NoToken {
        /// The file.
        path: PathBuf,
    },
    /// Both are the same.
    #[error("the view token is the control token too: whoever may watch could change cameras, choose another one")]
    Same,
}

impl Bridge {
    /// Reads the tokens; where the configuration names none, from `credentials`, the folder that systemd names in
    /// `CREDENTIALS_DIRECTORY`, where it has one.
    ///
    /// # Errors
    /// A file cannot be read, or holds no token.
    pub fn tokens(&self, credentials: Option<&Path>) -> Result<Tokens, TokenError> {
        let get = |token: &Option<Token>, name: &str| match token {
            Some(Token::Here(secret)) => Ok(Some(secret.clone())),
            Some(Token::In(file)) => read(file).map(Some),
            None => match credentials.map(|folder| read(&folder.join(name))) {
                Some(Err(TokenError::Unreadable { cause, .. })) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
                credential => credential.transpose(),
            },
        };
        let tokens =
            Tokens { view: get(&self.view_token, "view_token")?, control: get(&self.control_token, "control_token")? };
        if tokens.view.is_some() && tokens.view == tokens.control {
            return Err(TokenError::Same);
        }
        Ok(tokens)
    }
}

/// The token that a file holds, with or without a line end.
fn read(path: &Path) -> Result<Secret, TokenError> {
    let bytes = std::fs::read(path).map_err(|cause| TokenError::Unreadable { path: path.into(), cause })?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    Secret::new(text.trim_end_matches(['\r', '\n'])).ok_or_else(|| TokenError::NoToken { path: path.into() })
}
