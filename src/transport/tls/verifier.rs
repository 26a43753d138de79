//! Which certificates of peers are accepted.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme};

use crate::transport::tls::der::Certificate;

/// The usual verifier of rustls, with one more rule: a certificate of an
/// authority (CA:TRUE) is accepted from a peer if exactly this certificate is
/// among the roots, is its own issuer, and is fit for a peer.
///
/// `openssl req -x509` makes such certificates. The rule gives nothing to
/// anyone but the owner of the root's key, who could sign a certificate of the
/// usual kind as well. Other certificates take the usual way.
pub(crate) struct Verifier<V: ?Sized> {
    usual: Arc<V>,
    own_authorities: Vec<CertificateDer<'static>>,
}

impl<V: ?Sized> Verifier<V> {
    pub(crate) fn new(usual: Arc<V>, own_authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { usual, own_authorities }
    }

    /// Whether the rule decides about a certificate that was refused.
    ///
    /// The usual verifier looks at the time before it asks whether the
    /// certificate is an authority's. Its purpose and its name are unchecked.
    fn decides(&self, refusal: &Error, certificate: &CertificateDer<'_>) -> bool {
        is_authority(refusal) && self.own_authorities.iter().any(|own| own == certificate)
    }
}

/// The methods about signatures, which servers' and clients' verifiers have alike: the usual verifier answers.
macro_rules! usual_signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.usual.verify_tls12_signature(message, certificate, signed)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.usual.verify_tls13_signature(message, certificate, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.usual.supported_verify_schemes()
        }
    };
}

impl ServerCertVerifier for Verifier<dyn ServerCertVerifier> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(refusal) if self.decides(&refusal, end_entity) => {
                fits(end_entity, SERVER)?;
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    usual_signatures!();
}

impl ClientCertVerifier for Verifier<dyn ClientCertVerifier> {
    fn client_auth_mandatory(&self) -> bool {
        self.usual.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.usual.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.usual.verify_client_cert(end_entity, intermediates, now) {
            Err(refusal) if self.decides(&refusal, end_entity) => {
                fits(end_entity, CLIENT)?;
                Ok(ClientCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    usual_signatures!();
}

impl<V: ?Sized> fmt::Debug for Verifier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("own_authorities", &self.own_authorities.len()).finish_non_exhaustive()
    }
}

/// Whether a peer could present this root: it is its own issuer and constrains no names of others.
pub(crate) fn could_be_presented(root: &CertificateDer<'_>) -> bool {
    Certificate::read(root).is_some_and(|certificate| certificate.is_self_issued && !certificate.constrains_names)
}

fn fits(certificate: &CertificateDer<'_>, purpose: &[u8]) -> Result<(), Error> {
    match Certificate::read(certificate) {
        Some(certificate) if certificate.may_sign() && certificate.is_for(purpose) => Ok(()),
        Some(_) => Err(CertificateError::InvalidPurpose.into()),
        None => Err(CertificateError::BadEncoding.into()),
    }
}

fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// `serverAuth`, of RFC 5280, 4.2.1.12.
const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];

/// `clientAuth`.
const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
