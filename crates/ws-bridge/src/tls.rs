//! The certificate with which viewers' connections are encrypted, and how another one takes its place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cameracast_config::TlsFiles;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why connections cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    /// The file is not there, or we may not read it.
    #[error("cannot read {} ({cause}): tls_cert and tls_key have to be there, and the user that the bridge runs as has to be able to read them", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// As the system says.
        cause: io::Error,
    },
    /// The file holds no certificate.
    #[error("{} holds no certificate: PEM is expected, with -----BEGIN CERTIFICATE-----", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no private key.
    #[error("{} holds no private key: PEM without a passphrase is expected, with -----BEGIN PRIVATE KEY-----", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Both are there, and do not go together or are of a kind that is not known.
    #[error("{} and {} cannot be used together: {cause}", files.cert.display(), files.key.display())]
    Unusable {
        /// Both.
        files: TlsFiles,
        /// What is wrong with them.
        cause: rustls::Error,
    },
}

/// A certificate with its key, which can be replaced while the bridge serves.
pub struct Certificate(Mutex<Arc<ServerConfig>>);

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn load(files: &TlsFiles) -> Result<Self, BadCertificate> {
        Ok(Self(Mutex::new(read(files)?)))
    }

    /// Connections that come from now on get to see another one, and nobody is disconnected.
    pub fn replace(&self, other: Self) {
        *self.lock() = other.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    /// What a connection that comes now is encrypted with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.lock().clone().into()
    }

    fn lock(&self) -> MutexGuard<'_, Arc<ServerConfig>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, BadCertificate> {
    let no_certificate = || BadCertificate::NoCertificate { path: files.cert.clone() };
    let chain = CertificateDer::pem_slice_iter(&bytes(&files.cert)?).collect::<Result<Vec<_>, pem::Error>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(no_certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&bytes(&files.key)?)
        .map_err(|_| BadCertificate::NoKey { path: files.key.clone() })?;
    let unusable = |cause| BadCertificate::Unusable { files: files.clone(), cause };
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config.into())
}

fn bytes(path: &Path) -> Result<Vec<u8>, BadCertificate> {
    std::fs::read(path).map_err(|cause| BadCertificate::Unreadable { path: path.into(), cause })
}
