//! Which certificate a client is shown.

use std::sync::Arc;

use rustls::pki_types::{DnsName, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The certificates of a server, for the name that the client asks for.
#[derive(Debug)]
pub(crate) struct Resolver {
    keys: Vec<Arc<CertifiedKey>>,
}

impl Resolver {
    /// The first is for all whose name no other bears.
    pub(crate) fn new(keys: Vec<Arc<CertifiedKey>>) -> Self {
        Self { keys }
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let (first, others) = self.keys.split_first()?;
        let named = match hello.server_name() {
            Some(name) if !others.is_empty() => self.keys.iter().find(|key| is_for(key, name)),
            _ => None,
        };
        Some(Arc::clone(named.unwrap_or(first)))
    }
}

/// Whether a certificate is for this name, wildcards included.
fn is_for(key: &CertifiedKey, name: &str) -> bool {
    let Ok(name) = DnsName::try_from(name) else {
        return false;
    };
    let certificate = key.end_entity_cert().ok().and_then(|der| webpki::EndEntityCert::try_from(der).ok());
    certificate.is_some_and(|it| it.verify_is_valid_for_subject_name(&ServerName::DnsName(name)).is_ok())
}
