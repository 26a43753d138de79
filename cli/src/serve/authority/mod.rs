#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod issue;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod key;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod whole;

use std::path::{Path, PathBuf};

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use self::issue::issue;
use crate::failure::Failure;

/// Where a certificate was put for a server to show, and what its clients have to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) ca: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    /// The same for a client, for servers that ask for one.
    pub(super) client_certificate: PathBuf,
    pub(super) client_key: PathBuf,
}

/// Makes a certificate for a server of these names, one for a client, and a CA that vouches for both.
///
/// The CA stays in the folder, so that clients that once trust it need not be told again, and so
/// do the keys; the certificates are new each time. Several may start in one folder at once.
pub(super) fn make(folder: &Path, names: Vec<String>) -> Result<Files, Failure> {
    let files = Files {
        ca: folder.join("ca.pem"),
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        client_certificate: folder.join("client.pem"),
        client_key: folder.join("client.key"),
    };
    issue(folder, &files, names)
        .map_err(|error| Failure::local(format_args!("cannot make a certificate in {}: {error}", folder.display())))?;
    Ok(files)
}

/// The cryptography is written in the assembly of a few processors.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn issue(_: &Path, _: &Files, _: Vec<String>) -> std::io::Result<()> {
    Err(std::io::Error::other("not on this processor; make one elsewhere, for --tls-cert"))
}

/// A folder of this name for a test, which is to make and to remove it.
#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("puregrpc-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::{Arc, Barrier};
    use std::thread;

    use puregrpc::{Identity, ServerTls, in_process};
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

    #[test]
    fn the_authority_and_the_key_stay_and_the_certificate_is_new() {
        let folder = scratch("authority");
        let names = || vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let files = make(&folder, names()).unwrap();
        let read =
            |files: &Files| [&files.ca, &files.certificate, &files.key].map(|file| fs::read_to_string(file).unwrap());
        let [ca, certificate, key] = read(&files);
        assert_eq!(make(&folder, names()).unwrap(), files);
        let [same, another, kept] = read(&files);
        assert!(ca == same && certificate != another && key == kept);
        assert!(ca.starts_with("-----BEGIN CERTIFICATE-----") && key.starts_with("-----BEGIN PRIVATE KEY-----"));
        fs::remove_dir_all(folder).unwrap();
    }

    /// What a server's rules ask for; a common name would be none.
    #[test]
    fn the_certificate_of_a_client_has_a_name() {
        let folder = scratch("client-name");
        let files = make(&folder, vec!["localhost".to_owned()]).unwrap();
        let certificate = CertificateDer::from_pem_file(&files.client_certificate).unwrap();
        let certificate = webpki::EndEntityCert::try_from(&certificate).unwrap();
        assert_eq!(certificate.valid_dns_names().collect::<Vec<_>>(), ["puregrpc-client"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = scratch("private");
        let files = make(&folder, vec!["localhost".to_owned()]).unwrap();
        for key in [files.key, files.client_key, folder.join("ca.key")] {
            assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_that_cannot_be_read_is_told_and_kept() {
        let folder = scratch("broken");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ca.key"), "not a key").unwrap();
        let Failure::Local(message) = make(&folder, vec!["localhost".to_owned()]).unwrap_err() else { panic!() };
        assert!(message.contains("ca.key"), "{message}");
        assert_eq!(fs::read_to_string(folder.join("ca.key")).unwrap(), "not a key");
        fs::remove_dir_all(folder).unwrap();
    }

    /// What starts at once agrees on one CA: no certificate of it is without its key.
    #[test]
    fn first_starts_at_once_share_one_authority() {
        for round in 0..4 {
            let folder = scratch(&format!("at-once-{round}"));
            let start = Barrier::new(8);
            let issued: Vec<_> = thread::scope(|scope| {
                let one = || {
                    start.wait();
                    let files = make(&folder, vec!["localhost".to_owned()]).unwrap();
                    (fs::read(&files.ca).unwrap(), fs::read(&files.certificate).unwrap(), files)
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            let last = fs::read(folder.join("ca.pem")).unwrap();
            for (ca, certificate, files) in &issued {
                assert!(is_signed_by(certificate, ca) && is_signed_by(certificate, &last));
                let identity = Identity::from_files(&files.certificate, &files.key).unwrap();
                ServerTls::new(identity).listen(in_process().0).unwrap();
            }
            assert!(is_signed_by(&fs::read(folder.join("server.pem")).unwrap(), &last));
            // Two keys and two certificates, those of the CA, and nothing that was only for a while.
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 6);
            assert!(Identity::from_files(folder.join("ca.pem"), folder.join("ca.key")).is_ok());
            fs::remove_dir_all(folder).unwrap();
        }
    }

    /// As two first starts of earlier releases may have left it.
    #[test]
    fn a_ca_that_does_not_match_its_key_is_made_anew() {
        let (folder, other) = (scratch("mismatch"), scratch("match"));
        let names = || vec!["localhost".to_owned()];
        let (files, others) = (make(&folder, names()).unwrap(), make(&other, names()).unwrap());
        fs::copy(&others.ca, &files.ca).unwrap();
        make(&folder, names()).unwrap();
        let [ca, wrong, certificate] = [&files.ca, &others.ca, &files.certificate].map(|file| fs::read(file).unwrap());
        assert!(is_signed_by(&certificate, &ca) && !is_signed_by(&certificate, &wrong));
        for folder in [folder, other] {
            fs::remove_dir_all(folder).unwrap();
        }
    }

    /// Whether a client that trusts this CA takes this certificate from `localhost`.
    fn is_signed_by(certificate: &[u8], ca: &[u8]) -> bool {
        let [certificate, ca] = [certificate, ca].map(|text| CertificateDer::from_pem_slice(text).unwrap());
        let mut roots = RootCertStore::empty();
        roots.add(ca).unwrap();
        let provider = Arc::new(rustls_graviola::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        verifier.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now()).is_ok()
    }
}
