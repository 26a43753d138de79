use std::path::PathBuf;

use clap::Args;
use puregrpc::{ChannelBuilder, ClientTls, Identity, Roots};

use crate::failure::Failure;

/// Whom to trust, and who to be, where the server speaks TLS.
#[derive(Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct Tls {
    /// Trust servers with a certificate of this CA, and no others: a PEM file.
    ///
    /// Without this, those whom the system trusts.
    #[arg(long, value_name = "FILE", global = true, env = "PUREGRPC_TLS_CA")]
    tls_ca: Option<PathBuf>,

    /// The certificate to show to servers that ask for one: a PEM file.
    #[arg(long, value_name = "FILE", global = true, requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key of the certificate: a PEM file.
    #[arg(long, value_name = "FILE", global = true, requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// The name that the server's certificate has to bear; without this, the host of --server.
    #[arg(long, value_name = "NAME", global = true)]
    tls_name: Option<String>,
}

impl Tls {
    /// Speaks TLS as these options say; without any, as the address says.
    pub(super) fn apply(&self, channel: ChannelBuilder) -> Result<ChannelBuilder, Failure> {
        if self.tls_ca.is_none() && self.tls_cert.is_none() && self.tls_name.is_none() {
            return Ok(channel);
        }
        let mut tls = ClientTls::new();
        if let Some(file) = &self.tls_ca {
            tls = tls.roots(Roots::from_file(file)?);
        }
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            tls = tls.identity(Identity::from_files(certificate, key)?);
        }
        if let Some(name) = &self.tls_name {
            tls = tls.server_name(name)?;
        }
        Ok(channel.tls(tls))
    }
}
