use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::{Domain, Protocol, Socket, Type};
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::net::{TcpListener, lookup_host};

use crate::failure::Failure;

/// Where the command line asks to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Ip(SocketAddr),
    /// A name and a port.
    Host(String),
    #[cfg(unix)]
    Unix(PathBuf),
}

/// What listens.
#[derive(Debug)]
pub(super) enum Bound {
    Tcp(TcpListener, SocketAddr),
    #[cfg(unix)]
    Unix(UnixListener, SocketFile),
}

/// The file of a Unix socket; it is removed when this is dropped.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err("unix: without a path".into()) } else { Ok(Self::Unix(path.into())) };
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Ip(address));
        }
        match text.rsplit_once(':') {
            // A colon within the name would be an IPv6 address without its brackets.
            Some((host, port))
                if !host.is_empty() && !host.contains([':', '/', '[']) && port.parse::<u16>().is_ok() =>
            {
                Ok(Self::Host(text.into()))
            }
            _ => Err("expected IP:PORT, [IPV6]:PORT, HOST:PORT or unix:PATH".into()),
        }
    }
}

impl Address {
    /// What clients call it, unless it stands for many addresses.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Ip(address) => (!address.ip().is_unspecified()).then(|| address.ip().to_string()),
            Self::Host(host) => host.rsplit_once(':').map(|(name, _)| name.to_owned()),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Listens here; a name may stand for several addresses.
    pub(super) async fn bind(&self) -> Result<Vec<Bound>, Failure> {
        match self {
            Self::Ip(address) => Ok(vec![bind_tcp(*address).map_err(|error| cannot_listen(address, &error))?]),
            Self::Host(host) => {
                let addresses = lookup_host(host).await.map_err(|error| cannot_listen(host, &error))?;
                addresses.map(|address| bind_tcp(address).map_err(|error| cannot_listen(address, &error))).collect()
            }
            #[cfg(unix)]
            Self::Unix(path) => Ok(vec![bind_unix(path).map_err(|error| cannot_listen(self, &error))?]),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(formatter),
            Self::Host(host) => host.fmt(formatter),
            #[cfg(unix)]
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl Bound {
    /// Whether IPv4 and IPv6 both come in here.
    pub(super) fn is_dual_stack(&self) -> bool {
        matches!(self, Self::Tcp(_, address) if address.ip() == Ipv6Addr::UNSPECIFIED)
    }
}

/// The address, with the port that was chosen.
impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(_, address) => address.fmt(formatter),
            #[cfg(unix)]
            Self::Unix(_, SocketFile(path)) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may be gone already, and nothing hangs on it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Listens where nothing else was asked for: for programs on this machine, by IPv4 and, if there is any, IPv6.
pub(super) fn bind_default(port: u16) -> Result<Vec<Bound>, Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut bound = vec![bind_tcp(address).map_err(|error| cannot_listen(address, &error))?];
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    match bind_tcp(address) {
        Ok(other) => bound.push(other),
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(cannot_listen(address, &error)),
        // A machine without IPv6 is served by IPv4 alone.
        Err(_) => {}
    }
    Ok(bound)
}

fn bind_tcp(address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.ip() == Ipv6Addr::UNSPECIFIED {
        // Systems differ in what they do when they are not told.
        socket.set_only_v6(false)?;
    }
    // Else a restart has to wait until the connections of the last run are forgotten. On Windows
    // the option means something else: to take the port from whoever has it.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    let address = listener.local_addr()?;
    Ok(Bound::Tcp(listener, address))
}

#[cfg(unix)]
fn bind_unix(path: &Path) -> io::Result<Bound> {
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_left_over(path) => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)?
        }
        result => result?,
    };
    Ok(Bound::Unix(listener, SocketFile(path.to_owned())))
}

/// Whether the file is a socket that nobody listens on any more, as a killed server leaves it.
#[cfg(unix)]
fn is_left_over(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;

    let is_socket = path.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == ErrorKind::ConnectionRefused;
    is_socket && std::os::unix::net::UnixStream::connect(path).is_err_and(refused)
}

fn cannot_listen(address: impl fmt::Display, error: &io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "; another program listens there, choose another address with --listen",
        ErrorKind::PermissionDenied => "; ports below 1024 and some folders need more rights",
        _ => "",
    };
    Failure::local(format_args!("cannot listen on {address}: {error}{advice}"))
}

pub(super) const DEFAULT_PORT: u16 = 50051;
const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_read_in_each_of_its_forms() {
        for (text, expected) in [
            ("127.0.0.1:0", Address::Ip(SocketAddr::from(([127, 0, 0, 1], 0)))),
            ("[::]:50051", Address::Ip(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 50051)))),
            ("localhost:80", Address::Host("localhost:80".into())),
            #[cfg(unix)]
            ("unix:/tmp/socket", Address::Unix("/tmp/socket".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected));
        }
    }

    #[tokio::test]
    async fn by_default_this_machine_alone_is_listened_to() {
        let bound = bind_default(0).unwrap();
        let addresses = bound.iter().map(|bound| match bound {
            Bound::Tcp(_, address) => address.ip(),
            #[cfg(unix)]
            Bound::Unix(..) => panic!("no file was asked for"),
        });
        let addresses: Vec<_> = addresses.collect();
        assert_eq!(addresses[0], Ipv4Addr::LOCALHOST);
        assert!(addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "50051", ":50051", "::1:50051", "localhost", "localhost:x", "localhost:70000", "http://a:1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        #[cfg(unix)]
        assert!("unix:".parse::<Address>().is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn socket_left_over_by_a_killed_server_is_replaced() {
        let path = std::env::temp_dir().join(format!("puregrpc-left-over-{}", std::process::id()));
        // Dropping the listener closes the socket and leaves the file, as being killed does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());

        let bound = bind_unix(&path).unwrap();
        assert_eq!(bind_unix(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(bound);
        assert!(!path.exists());
    }
}
