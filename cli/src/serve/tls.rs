use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use puregrpc::{Error, Identity, Roots, ServerTls, in_process};

use super::address::Address;
use super::authority;
use crate::failure::Failure;

/// Whether, and how, to speak TLS.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
pub(super) struct Tls {
    /// Speak TLS with this certificate: a PEM file, with those between it and its CA behind it.
    ///
    /// This file, and those of the two options below, are read again when they change.
    #[arg(long, value_name = "FILE", requires = "tls_key", group = "identity", env = "PUREGRPC_TLS_CERT")]
    tls_cert: Option<PathBuf>,

    /// The key of the certificate: a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "PUREGRPC_TLS_KEY")]
    tls_key: Option<PathBuf>,

    /// Let in only clients with a certificate of this CA: a PEM file.
    #[arg(long, value_name = "FILE", requires = "identity", env = "PUREGRPC_TLS_CLIENT_CA")]
    tls_client_ca: Option<PathBuf>,

    /// Speak TLS with a certificate made for the occasion, and the CA that clients have to trust.
    ///
    /// The folder keeps the CA (ca.pem), so that it can be trusted once and for all, the server's
    /// part (server.pem, server.key) and one for clients (client.pem, client.key; its name is
    /// puregrpc-client). For trying things out: whoever reads the folder can be the server.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tls_cert", "tls_key"], group = "identity")]
    tls_self_signed: Option<PathBuf>,
}

/// What it takes to speak TLS.
#[derive(Clone, Debug)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    /// What clients have to trust, and the client's own part, where it was made here.
    pub(super) made: Option<authority::Files>,
}

impl Tls {
    /// The files to speak TLS with, made if need be; `None` if it is not to be spoken.
    pub(super) fn files(&self, addresses: &[Address]) -> Result<Option<Files>, Failure> {
        let client_ca = self.tls_client_ca.clone();
        let files = if let Some(folder) = &self.tls_self_signed {
            let made = authority::make(folder, names(addresses))?;
            Files { certificate: made.certificate.clone(), key: made.key.clone(), client_ca, made: Some(made) }
        } else if let (Some(certificate), Some(key)) = (self.tls_cert.clone(), self.tls_key.clone()) {
            Files { certificate, key, client_ca, made: None }
        } else {
            return Ok(None);
        };
        // What cannot be used is better told now than when a port is open.
        files.load()?.listen(in_process().0)?;
        Ok(Some(files))
    }
}

impl Files {
    /// Reads the files.
    pub(super) fn load(&self) -> Result<ServerTls, Error> {
        let tls = ServerTls::new(Identity::from_files(&self.certificate, &self.key)?);
        Ok(match &self.client_ca {
            Some(file) => tls.require_client_certificate(Roots::from_file(file)?),
            None => tls,
        })
    }

    /// The options that a client on this machine needs.
    pub(super) fn client_options(&self) -> String {
        let Some(made) = &self.made else {
            return String::new();
        };
        let option = |name: &str, file: &Path| format!(" --tls-{name} {}", file.display());
        let mut options = option("ca", &made.ca);
        if let Some((certificate, key)) = self.client_identity() {
            options += &option("cert", certificate);
            options += &option("key", key);
        }
        options
    }

    /// The certificate and the key that were made for clients, if they are asked for some.
    pub(super) fn client_identity(&self) -> Option<(&Path, &Path)> {
        let made = self.made.as_ref().filter(|_| self.client_ca.is_some())?;
        Some((&made.client_certificate, &made.client_key))
    }
}

/// What clients may call the server: as this machine calls itself, and as it is told to listen.
fn names(addresses: &[Address]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    for name in addresses.iter().filter_map(Address::name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// How often the files are looked at.
pub(super) const RELOAD: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_certificate_bears_the_names_that_clients_use() {
        let addresses = ["example.org:1", "10.1.2.3:1", "[::]:1", "0.0.0.0:1", "localhost:1", "unix:/tmp/socket"];
        let addresses: Vec<Address> = addresses.iter().filter_map(|text| text.parse().ok()).collect();
        assert_eq!(names(&addresses), ["localhost", "127.0.0.1", "::1", "example.org", "10.1.2.3"]);
    }

    /// What the options name is looked at again while the server runs.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    #[tokio::test(start_paused = true)]
    async fn renamed_files_are_taken_by_a_running_server() {
        use puregrpc::{ChannelBuilder, ClientTls, Server};

        let [folder, other] = ["renamed", "renamed-later"].map(authority::scratch);
        let [old, new] = [&folder, &other].map(|folder| authority::make(folder, names(&[])).unwrap());
        let tls = Tls {
            tls_cert: Some(old.certificate.clone()),
            tls_key: Some(old.key.clone()),
            tls_client_ca: None,
            tls_self_signed: None,
        };
        let (listener, connector) = in_process();
        let files = tls.files(&[]).unwrap();
        tokio::spawn(super::super::serve_on(Server::new(), listener, files, std::future::pending()));
        let connects = async |trusted: &authority::Files| {
            let tls = ClientTls::new().roots(Roots::from_file(&trusted.ca).unwrap());
            ChannelBuilder::in_process(connector.clone()).tls(tls).connect().await.is_ok()
        };
        assert!(connects(&old).await && !connects(&new).await);
        std::fs::rename(&new.key, &old.key).unwrap();
        tokio::time::sleep(2 * RELOAD).await;
        assert!(connects(&old).await && !connects(&new).await);
        std::fs::rename(&new.certificate, &old.certificate).unwrap();
        tokio::time::sleep(2 * RELOAD).await;
        assert!(!connects(&old).await && connects(&new).await);
        for folder in [folder, other] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}
