//! What a channel connects to, as it is written: no I/O.

use std::fmt;
use std::path::PathBuf;

use http::uri::Authority;

use crate::client::security::Security;
use crate::error::{Error, Kind};
#[cfg(feature = "tls")]
use crate::transport::ClientTls;
use crate::transport::InProcessConnector;

/// What a channel is to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: Name,
    /// `:authority` of the calls.
    pub(crate) authority: Authority,
    pub(crate) security: Security,
}

#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// A name or an IP address with its port, as `host:port`.
    Host(String),
    Unix(PathBuf),
    InProcess(InProcessConnector),
}

impl Target {
    /// Reads `https://host:port`, `http://host:port`, `host:port`,
    /// `dns:///host:port`, `unix:PATH` or `unix:///PATH`.
    pub(crate) fn parse(uri: &str) -> Result<Self, Error> {
        if uri.trim() != uri {
            return Err(bad(uri, "there is white space around it: leave it out"));
        }
        if let Some(rest) = behind("https://", uri) {
            let security =
                Security::https().ok_or_else(|| bad(uri, "TLS is not built in: it is a feature of puregrpc"))?;
            return Self::tcp(uri, rest.strip_suffix('/').unwrap_or(rest), Some(HTTPS_PORT), security);
        }
        if let Some(path) = behind("unix:", uri) {
            let path = match path.strip_prefix("//") {
                Some(path) if !path.starts_with('/') => {
                    return Err(bad(uri, "unix:// goes with an absolute path: unix:///run/app.sock"));
                }
                Some(path) => path,
                None => path,
            };
            if path.is_empty() {
                return Err(bad(uri, "the path of the socket is missing"));
            }
            return Ok(Self { name: Name::Unix(path.into()), authority: LOCALHOST, security: Security::Unsaid });
        }
        if let Some(rest) = behind("http://", uri) {
            return Self::tcp(uri, rest.strip_suffix('/').unwrap_or(rest), Some(HTTP_PORT), Security::Plaintext);
        }
        let rest = if let Some(rest) = behind("dns:", uri) {
            match rest.strip_prefix("//") {
                Some(rest) => match rest.strip_prefix('/') {
                    Some(rest) => rest,
                    None => return Err(bad(uri, "a name server of one's own is not supported: use dns:///host:port")),
                },
                None => rest,
            }
        } else {
            uri
        };
        Self::tcp(uri, rest, None, Security::Unsaid)
    }

    fn tcp(uri: &str, text: &str, default_port: Option<u16>, security: Security) -> Result<Self, Error> {
        if let Some((host, path)) = text.split_once('/') {
            let is_host = !host.is_empty() && !host.ends_with(':');
            let why = if is_host { format!("an address has no path: leave out \"/{path}\"") } else { FORMS.into() };
            return Err(bad(uri, &why));
        }
        let unread = |error| bad(uri, "expected a host and a port, as in localhost:50051").with_source(error);
        let authority = text.parse::<Authority>().map_err(unread)?;
        if text.contains('@') {
            return Err(bad(uri, "a user name has no meaning here"));
        }
        if authority.host().is_empty() {
            return Err(bad(uri, "the host is missing: write localhost:50051"));
        }
        let host = authority.host();
        // Whatever follows the host is meant to be a port.
        let port = if text == host { default_port } else { authority.port_u16() };
        let why = || format!("the port is missing or no number up to 65535: write {host}:50051");
        let port = port.ok_or_else(|| bad(uri, &why()))?;
        Ok(Self { name: Name::Host(format!("{host}:{port}")), authority, security })
    }

    /// The same server, by TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn tls(mut self, tls: ClientTls) -> Result<Self, Error> {
        if let Security::Plaintext = self.security {
            let why = "http:// means without TLS: use https://, or leave it out";
            return Err(Error::new(Kind::Address, format!("cannot use TLS with \"http://{self}\": {why}")));
        }
        self.security = Security::tls(tls.connector()?);
        Ok(self)
    }

    pub(crate) fn in_process(connector: InProcessConnector) -> Self {
        Self { name: Name::InProcess(connector), authority: LOCALHOST, security: Security::Unsaid }
    }
}

/// The address as one may write it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Host(name) => f.write_str(name),
            Name::Unix(path) => write!(f, "unix:{}", path.display()),
            Name::InProcess(_) => f.write_str("in-process"),
        }
    }
}

/// What comes behind a scheme, whose case does not matter (RFC 3986, section 3.1).
fn behind<'a>(scheme: &str, uri: &'a str) -> Option<&'a str> {
    let (start, rest) = uri.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

#[cold]
fn bad(uri: &str, why: &str) -> Error {
    Error::new(Kind::Address, format!("cannot read the address {uri:?}: {why}"))
}

const FORMS: &str = "expected https://host:port, http://host:port, host:port, dns:///host:port or unix:path";
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// What calls name as their authority where there is no host.
const LOCALHOST: Authority = Authority::from_static("localhost");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        let table = [
            ("http://localhost:50051", "localhost:50051", "localhost:50051"),
            ("http://localhost:50051/", "localhost:50051", "localhost:50051"),
            ("http://example.com", "example.com:80", "example.com"),
            #[cfg(feature = "tls")]
            ("https://example.com/", "example.com:443", "example.com"),
            #[cfg(feature = "tls")]
            ("https://[::1]:50051", "[::1]:50051", "[::1]:50051"),
            ("http://[::1]", "[::1]:80", "[::1]"),
            ("HTTP://localhost:50051", "localhost:50051", "localhost:50051"),
            ("Http://Example.com", "Example.com:80", "Example.com"),
            ("DNS:///example.com:443", "example.com:443", "example.com:443"),
            ("UNIX:/a/B.sock", "unix:/a/B.sock", "localhost"),
            ("localhost:50051", "localhost:50051", "localhost:50051"),
            ("127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1"),
            ("[::1]:50051", "[::1]:50051", "[::1]:50051"),
            ("dns:///example.com:443", "example.com:443", "example.com:443"),
            ("dns:example.com:443", "example.com:443", "example.com:443"),
            ("unix:a/b.sock", "unix:a/b.sock", "localhost"),
            ("unix:/a/b.sock", "unix:/a/b.sock", "localhost"),
            ("unix:///a/b.sock", "unix:/a/b.sock", "localhost"),
        ];
        for (uri, address, authority) in table {
            let target = Target::parse(uri).unwrap();
            assert_eq!((target.to_string().as_str(), target.authority.as_str()), (address, authority), "{uri}");
        }
    }

    #[test]
    fn bad_addresses_are_refused_with_what_to_do() {
        let table = [
            #[cfg(not(feature = "tls"))]
            ("https://localhost:1", "TLS is not built in"),
            ("https:localhost:1", "a host and a port, as in localhost:50051"),
            ("localhost", "port is missing or no number up to 65535: write localhost:50051"),
            ("localhost:", "port is missing"),
            ("dns:///localhost", "port is missing"),
            ("dns://8.8.8.8/localhost:1", "use dns:///host:port"),
            ("localhost:99999", "port is missing or no number"),
            ("http://localhost:99999", "port is missing or no number"),
            ("http://localhost:", "port is missing or no number"),
            (":50051", "the host is missing: write localhost:50051"),
            ("", "host"),
            ("http://", "host"),
            ("http://a:1/path", "an address has no path: leave out \"/path\""),
            ("a:1/path/of", "an address has no path: leave out \"/path/of\""),
            ("/run/app.sock", "unix:path"),
            ("ftp://a:1", "http://host:port"),
            ("http://me@a:1", "user name"),
            ("unix:", "path of the socket"),
            ("unix://a", "absolute path"),
            (" http://a:1", "white space around it: leave it out"),
            ("a:1\n", "white space around it: leave it out"),
            ("a b:1", "a host and a port"),
        ];
        for (uri, why) in table {
            let error = Target::parse(uri).unwrap_err();
            let (told, begin) = (error.to_string(), format!("cannot read the address {uri:?}: "));
            assert!(error.is_address() && told.starts_with(&begin) && told.contains(why), "{told}");
        }
    }
}
