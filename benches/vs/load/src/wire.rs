//! The socket under a connection, with or without TLS, never blocking.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// Where connections go and how they are encrypted.
#[derive(Debug)]
pub(crate) struct Route {
    address: SocketAddr,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Route {
    /// Without TLS.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// With TLS, by the certificates of `authority`, a file in PEM.
    pub(crate) fn tls(address: SocketAddr, authority: &Path, name: &str, resume: bool) -> Result<Self, String> {
        let shown = authority.display();
        let read = CertificateDer::pem_file_iter(authority).map_err(|error| format!("{shown}: {error}"))?;
        let mut roots = RootCertStore::empty();
        for certificate in read {
            let certificate = certificate.map_err(|error| format!("{shown}: {error}"))?;
            roots.add(certificate).map_err(|error| format!("{shown}: {error}"))?;
        }
        if roots.is_empty() {
            return Err(format!("{shown}: there is no certificate in it"));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(provider()?)).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![H2.to_vec()];
        if !resume {
            config.resumption = Resumption::disabled();
        }
        let name = ServerName::try_from(name.to_owned()).map_err(|error| format!("name={name}: {error}"))?;
        Ok(Self { address, tls: Some((Arc::new(config), name)) })
    }

    /// Begins to connect; what is written meanwhile has to wait.
    pub(crate) fn connect(&self) -> io::Result<Wire> {
        let family = if self.address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        match connect(&socket, &self.address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let socket = TcpStream::from(socket);
        socket.set_nodelay(true)?;
        let Some((config, name)) = &self.tls else { return Ok(Wire::Plain(socket)) };
        let mut session = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
        session.set_buffer_limit(Some(PLAINTEXT));
        Ok(Wire::Tls(Box::new(Tls { socket, session, spoken: false })))
    }
}

/// One socket.
#[derive(Debug)]
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

/// A socket with TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    socket: TcpStream,
    session: ClientConnection,
    /// The handshake is over, and the server speaks HTTP/2.
    spoken: bool,
}

impl Wire {
    /// Reads what is there; 0 if nothing will ever come.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }

    /// Writes some of `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => {
                tls.flush()?;
                let taken = tls.session.writer().write(bytes)?;
                match tls.flush() {
                    // What was taken goes out later.
                    Err(error) if error.kind() == ErrorKind::WouldBlock && taken > 0 => Ok(taken),
                    Ok(()) if taken == 0 => Err(ErrorKind::WouldBlock.into()),
                    result => result.map(|()| taken),
                }
            }
        }
    }

    /// Writes what TLS itself has to say.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// TLS holds something that has to be written.
    pub(crate) fn wants_write(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.session.wants_write())
    }

    /// What was read may be kept here, where the system does not tell of it.
    pub(crate) fn keeps_input(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Says that nothing more will be written.
    pub(crate) fn close(&mut self) {
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            // The socket is closed at once: what does not fit now is not worth waiting for.
            let _ = tls.flush();
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Plain(socket) => socket.as_fd(),
            Self::Tls(tls) => tls.socket.as_fd(),
        }
    }
}

impl Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
            if self.session.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            self.session.process_new_packets().map_err(io::Error::other)?;
            if !self.spoken && !self.session.is_handshaking() {
                if self.session.alpn_protocol() != Some(H2) {
                    return Err(io::Error::other("the server did not choose h2 by ALPN"));
                }
                self.spoken = true;
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn provider() -> Result<rustls::crypto::CryptoProvider, String> {
    Ok(rustls_graviola::default_provider())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn provider() -> Result<rustls::crypto::CryptoProvider, String> {
    Err("there is no TLS for this processor".into())
}

const H2: &[u8] = b"h2";

/// How many bytes TLS may hold until they are written.
const PLAINTEXT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let error = Route::tls(([127, 0, 0, 1], 1).into(), &file, "localhost", false).unwrap_err();
        assert!(error.ends_with("there is no certificate in it"), "{error}");
    }
}
