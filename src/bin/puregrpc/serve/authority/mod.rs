#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod issue;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod key;

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
/// The CA stays in the folder, so that clients that once trust it need not be told again; the
/// certificates are new each time.
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

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::fs;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("puregrpc-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn the_authority_stays_and_the_certificate_is_new() {
        let folder = scratch("authority");
        let names = || vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let files = make(&folder, names()).unwrap();
        let read =
            |files: &Files| [&files.ca, &files.certificate, &files.key].map(|file| fs::read_to_string(file).unwrap());
        let [ca, certificate, key] = read(&files);
        assert_eq!(make(&folder, names()).unwrap(), files);
        let [same, another, other] = read(&files);
        assert!(ca == same && certificate != another && key != other);
        assert!(ca.starts_with("-----BEGIN CERTIFICATE-----") && key.starts_with("-----BEGIN PRIVATE KEY-----"));
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
}
