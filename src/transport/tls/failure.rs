//! What went wrong in TLS, in words that say what to do.

use std::io;
use std::net::IpAddr;

use rustls::{AlertDescription, CertificateError, Error, OtherError};

use crate::transport::first_bytes::FirstBytes;
use crate::transport::tls::kind;

/// Who has failed, as the other side sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Client,
    Server,
}

/// The failure of a handshake, told with what the peer has said first.
#[cold]
pub(crate) fn of_handshake(error: io::Error, peer: Peer, first: FirstBytes) -> io::Error {
    let message = match peer {
        Peer::Client => first.are_request().map(|what| format!("the peer speaks {what} without TLS")),
        Peer::Server => first.are_answer().then(|| "the server does not speak TLS: use http://".to_owned()),
    };
    match message {
        Some(message) => io::Error::new(io::ErrorKind::InvalidData, message),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            let message = format!("the {} has closed the connection during the TLS handshake", peer.name());
            io::Error::new(io::ErrorKind::UnexpectedEof, message)
        }
        None => of_stream(error, peer),
    }
}

/// The failure of a TLS stream. A client's handshake is over before the server
/// has looked at its certificate, so that it is here that it hears of that.
#[cold]
pub(crate) fn of_stream(error: io::Error, peer: Peer) -> io::Error {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) else {
        return error;
    };
    io::Error::new(error.kind(), explain(cause, peer))
}

/// The peer has not agreed to HTTP/2.
#[cold]
pub(crate) fn no_http2(peer: Peer) -> io::Error {
    let message = match peer {
        Peer::Client => "the client does not ask for HTTP/2 (ALPN h2)",
        Peer::Server => "the server does not speak HTTP/2 over TLS: it has not agreed to ALPN h2",
    };
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

fn explain(error: &Error, peer: Peer) -> String {
    let name = peer.name();
    match error {
        Error::InvalidCertificate(error) => format!("the {name}'s certificate is refused: {}", fault(error, peer)),
        Error::AlertReceived(alert) => format!("the {name} has refused the TLS connection: {}", reason(*alert, peer)),
        Error::NoCertificatesPresented => format!("the {name} has shown no certificate"),
        Error::NoApplicationProtocol => no_http2(peer).to_string(),
        other => format!("TLS with the {name} failed: {other}"),
    }
}

/// What is wrong with the peer's certificate.
fn fault(error: &CertificateError, peer: Peer) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::UnknownIssuer if peer == Peer::Server => {
            "none of the trusted roots vouches for it (say whom to trust with ClientTls::roots)".into()
        }
        CertificateError::UnknownIssuer => "none of the roots for clients vouches for it".into(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let expected = expected.to_str();
            let presented: Vec<_> = presented.iter().map(|name| plain(name)).collect();
            if presented.is_empty() {
                return format!(
                    "expected one for {expected}, it is for no name (it needs a subjectAltName: the common name is not \
                     looked at)"
                );
            }
            let presented = presented.join(", ");
            let way_out = "if that is the server meant, name it with ClientTls::server_name";
            format!("expected one for {expected}, it is for {presented} ({way_out})")
        }
        CertificateError::NotValidForName => "it is for another name".into(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("it is not meant for a {}", peer.name())
        }
        CertificateError::BadSignature => {
            "its signature is wrong, or its issuer's key is too short (RSA needs 2048 bits)".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id: algorithm, .. } => {
            unsupported(algorithm)
        }
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            public_key_algorithm_id: algorithm,
            ..
        } => unsupported(algorithm),
        CertificateError::Other(OtherError(cause)) if is_authority(cause.downcast_ref()) => {
            format!(
                "it is an authority's own (CA:TRUE), and none for a {} (to accept it, name this very certificate among \
                 the roots)",
                peer.name()
            )
        }
        other => other.to_string(),
    }
}

fn unsupported(algorithm: &[u8]) -> String {
    let name = kind::of_algorithm(algorithm);
    format!("it is signed by {name}, which is not accepted (ECDSA P-256 or P-384, Ed25519 and RSA with SHA-2 are)")
}

fn is_authority(cause: Option<&webpki::Error>) -> bool {
    matches!(cause, Some(webpki::Error::CaUsedAsEndEntity))
}

/// A name as people write it; given as in `DnsName("example.com")` or `IpAddress(0::1)`.
fn plain(name: &str) -> String {
    if let Some(quoted) = name.split('"').nth(1) {
        return quoted.to_owned();
    }
    let address = name.strip_prefix("IpAddress(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(name);
    address.parse().map_or_else(|_| address.to_owned(), |address: IpAddr| address.to_string())
}

/// What the peer means by its alert.
fn reason(alert: AlertDescription, peer: Peer) -> String {
    let words = match (alert, peer) {
        (AlertDescription::CertificateRequired, _) => "it wants a client certificate (ClientTls::identity)",
        (AlertDescription::HandshakeFailure, Peer::Server) => {
            "it shares no parameters with us, or wants a client certificate (ClientTls::identity)"
        }
        (AlertDescription::NoApplicationProtocol, _) => "it does not speak HTTP/2 (ALPN h2)",
        (AlertDescription::ProtocolVersion, _) => "it speaks no version of TLS from 1.2 on",
        (AlertDescription::UnknownCA, _) => "none of the roots it trusts vouches for our certificate",
        (AlertDescription::CertificateExpired, _) => "our certificate has expired, or is not valid yet",
        (AlertDescription::CertificateRevoked, _) => "our certificate was revoked",
        (AlertDescription::UnsupportedCertificate, _) => "our certificate is not meant for this use",
        (AlertDescription::BadCertificate | AlertDescription::CertificateUnknown, _) => {
            "something is wrong with our certificate"
        }
        (AlertDescription::UnrecognisedName, _) => "it does not bear the name that we ask for",
        (AlertDescription::AccessDenied, _) => "access is denied",
        (other, _) => return format!("{other:?}"),
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: Error, peer: Peer) -> String {
        of_stream(io::Error::new(io::ErrorKind::InvalidData, error), peer).to_string()
    }

    #[test]
    fn alerts_are_told_in_words() {
        let table = [
            (AlertDescription::CertificateRequired, "ClientTls::identity"),
            (AlertDescription::HandshakeFailure, "ClientTls::identity"),
            (AlertDescription::NoApplicationProtocol, "HTTP/2"),
            (AlertDescription::ProtocolVersion, "1.2"),
            (AlertDescription::UnknownCA, "vouches"),
            (AlertDescription::CertificateExpired, "expired"),
            (AlertDescription::CertificateRevoked, "revoked"),
            (AlertDescription::UnsupportedCertificate, "not meant"),
            (AlertDescription::CertificateUnknown, "wrong with our certificate"),
            (AlertDescription::UnrecognisedName, "name"),
            (AlertDescription::AccessDenied, "denied"),
            (AlertDescription::InternalError, "InternalError"),
        ];
        for (alert, words) in table {
            let told = told(Error::AlertReceived(alert), Peer::Server);
            assert!(told.starts_with("the server has refused the TLS connection: "), "{told}");
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn a_client_without_tls_is_told_from_one_that_fails() {
        let failed = |bytes: &[u8]| {
            let mut first = FirstBytes::default();
            first.note(bytes);
            of_handshake(io::ErrorKind::UnexpectedEof.into(), Peer::Client, first).to_string()
        };
        assert_eq!(failed(b"PRI * HTTP/2.0"), "the peer speaks HTTP/2 without TLS");
        assert_eq!(failed(b"GET / HTTP/1.1"), "the peer speaks HTTP/1 without TLS");
        assert_eq!(failed(&[0x16, 3, 1]), "the client has closed the connection during the TLS handshake");
    }

    #[test]
    fn what_is_not_of_tls_is_left_as_it_is() {
        let error = of_stream(io::Error::new(io::ErrorKind::ConnectionReset, "reset"), Peer::Server);
        assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::ConnectionReset, "reset"));
    }
}
