//! The settings of a TLS listener, which may change while it listens.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use rustls::ServerConfig;

use crate::error::Error;
use crate::transport::ServerTls;

/// Gives a [`TlsListener`](crate::TlsListener) new settings while it listens. Clones are of the same listener.
#[derive(Clone)]
pub struct TlsReload(Arc<RwLock<State>>);

struct State {
    config: Arc<ServerConfig>,
    settings: ServerTls,
}

impl TlsReload {
    pub(crate) fn new(settings: ServerTls) -> Result<Self, Error> {
        let state = State { config: settings.config()?, settings };
        Ok(Self(Arc::new(RwLock::new(state))))
    }

    /// Sets TLS up anew, certificates, roots and all, for the connections that are
    /// accepted from now on. Those that are open go on as they are.
    ///
    /// # Errors
    ///
    /// If the settings cannot be used; the old ones stay.
    pub fn reload(&self, tls: ServerTls) -> Result<(), Error> {
        // Outside of the lock: it takes a while.
        let config = tls.config()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = State { config, settings: tls };
        Ok(())
    }

    /// Whether these settings would change nothing.
    pub(crate) fn holds(&self, tls: &ServerTls) -> bool {
        self.read().settings.is_same(tls)
    }

    /// The settings as rustls takes them.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.read().config)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TlsReload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsReload").field(&self.read().settings).finish()
    }
}
