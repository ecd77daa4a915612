//! A viewer's connection, plain or encrypted.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, LazyLock};

use anyhow::Context;
use rustix::net::{RecvFlags, recv};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

pub(crate) enum Link {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Link {
    /// TLS over a connection; the handshake is made with the first bytes.
    pub(crate) fn encrypted(stream: TcpStream, address: SocketAddr) -> anyhow::Result<Self> {
        let config = CONFIG.clone().context("no TLS")?;
        let connection = ClientConnection::new(config, ServerName::from(address.ip()))?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// How many bytes came; 0 where none are there at the moment. With `TRUNC` nobody looks at them.
    pub(crate) fn receive(&mut self, into: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
        let got = match self {
            Self::Plain(stream) => recv(&*stream, into, flags).map(|(_, got)| got).map_err(io::Error::from),
            Self::Tls(_) => self.read(into),
        };
        match got {
            Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server has closed the connection")),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            got => got,
        }
    }

    /// Whether there are bytes of which the socket does not tell: they are decrypted already.
    pub(crate) fn holds_some(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(stream) => !stream.conn.wants_read(),
        }
    }
}

/// As long as the socket blocks: for the greeting.
impl Read for Link {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

static CONFIG: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().ok()?;
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth();
    Some(Arc::new(config))
});

/// Takes any certificate: who is measured was started by us.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
