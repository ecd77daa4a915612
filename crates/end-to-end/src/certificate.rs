//! A certificate that nobody but the test trusts, made by `openssl` as a person would.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{PATIENCE, Place, Process};

/// A certificate for 127.0.0.1 with its key, in a test's place.
pub struct Certificate {
    /// The certificate; it is its own root.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one that is unlike any other, in files that begin with `name`; those that are there are replaced.
    ///
    /// # Errors
    /// There is no `openssl`.
    pub async fn make(place: &Place, name: &str) -> Result<Self> {
        let (cert, key) = (place.file(&format!("{name}-cert.pem")), place.file(&format!("{name}-key.pem")));
        let mut command = Process::command("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        command.args(["-days", "2", "-subj", "/CN=cameracast test", "-addext", "subjectAltName=IP:127.0.0.1"]);
        command.arg("-keyout").arg(&key).arg("-out").arg(&cert);
        let ended = Process::start("openssl", &mut command)?.ended(PATIENCE).await?;
        ensure!(ended.code == 0, "openssl: {}", ended.stderr);
        Ok(Self { cert, key })
    }

    /// The lines for it in `[bridge]`.
    pub fn config(&self) -> String {
        format!("tls_cert = '{}'\ntls_key = '{}'\n", self.cert.display(), self.key.display())
    }

    /// The certificate's path, for programs that are told what to trust.
    pub fn trusted(&self) -> String {
        self.cert.display().to_string()
    }
}
