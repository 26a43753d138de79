//! Where the cryptography comes from.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use crate::error::{Error, Kind};

/// The first that is built in and runs on this CPU: graviola, ring, AWS-LC.
pub(crate) fn choose() -> Result<Arc<CryptoProvider>, Error> {
    graviola::provider().or_else(|missing| other().ok_or_else(|| nothing_runs(&missing)))
}

/// What is built in beside graviola.
fn other() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "tls-ring")]
    let provider = Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(all(feature = "tls-aws-lc", not(feature = "tls-ring")))]
    let provider = Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
    let provider = None;
    provider
}

#[cold]
fn nothing_runs(missing: &[&str]) -> Error {
    let missing = missing.join(", ");
    Error::new(
        Kind::Tls,
        format!(
            "TLS by graviola does not run on this CPU, which lacks {missing}: build puregrpc with its feature tls-ring \
             or tls-aws-lc, or give a provider of your own"
        ),
    )
}

/// It panics on a CPU that it is not written for, so that has to be asked before.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod graviola {
    use std::sync::Arc;

    use rustls::crypto::CryptoProvider;

    /// The provider, or what the CPU lacks.
    pub(super) fn provider() -> Result<Arc<CryptoProvider>, Vec<&'static str>> {
        let missing = super::lacking(&needed());
        if missing.is_empty() { Ok(Arc::new(rustls_graviola::default_provider())) } else { Err(missing) }
    }

    #[cfg(target_arch = "x86_64")]
    fn needed() -> [(&'static str, bool); 8] {
        [
            ("aes", is_x86_feature_detected!("aes")),
            ("ssse3", is_x86_feature_detected!("ssse3")),
            ("avx", is_x86_feature_detected!("avx")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("adx", is_x86_feature_detected!("adx")),
            ("bmi1", is_x86_feature_detected!("bmi1")),
            ("bmi2", is_x86_feature_detected!("bmi2")),
            ("pclmulqdq", is_x86_feature_detected!("pclmulqdq")),
        ]
    }

    #[cfg(target_arch = "aarch64")]
    fn needed() -> [(&'static str, bool); 4] {
        use std::arch::is_aarch64_feature_detected;
        [
            ("aes", is_aarch64_feature_detected!("aes")),
            ("sha2", is_aarch64_feature_detected!("sha2")),
            ("pmull", is_aarch64_feature_detected!("pmull")),
            ("neon", is_aarch64_feature_detected!("neon")),
        ]
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod graviola {
    use std::sync::Arc;

    use rustls::crypto::CryptoProvider;

    pub(super) fn provider() -> Result<Arc<CryptoProvider>, Vec<&'static str>> {
        Err(super::lacking(&[("the instructions of x86_64 or aarch64", false)]))
    }
}

/// The names of what is not there.
fn lacking(needed: &[(&'static str, bool)]) -> Vec<&'static str> {
    needed.iter().filter_map(|(name, there)| (!there).then_some(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_that_lacks_something_is_told_what_to_build() {
        assert_eq!(lacking(&[("aes", true), ("adx", true)]), Vec::<&str>::new());
        let error = nothing_runs(&lacking(&[("aes", true), ("adx", false), ("bmi2", false)]));
        assert!(error.is_tls());
        for part in ["lacks adx, bmi2:", "tls-ring", "tls-aws-lc"] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn there_is_a_provider_and_none_becomes_that_of_the_process() {
        assert!(choose().is_ok());
        assert!(CryptoProvider::get_default().is_none());
    }
}
