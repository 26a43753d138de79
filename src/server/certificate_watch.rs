//! New certificates, as they appear.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};

use crate::error::{Error, Kind};
use crate::server::reload::TlsReload;
use crate::transport::ServerTls;

/// Loads the settings of TLS now and then, and takes those that are new.
pub(crate) struct CertificateWatch {
    interval: Duration,
    load: Arc<dyn Fn() -> Result<ServerTls, Error> + Send + Sync>,
    state: State,
    /// What was last logged: a file that stays broken is told of once.
    complaint: Option<String>,
}

enum State {
    New,
    Waiting(Instant),
    Loading(JoinHandle<Result<ServerTls, Error>>),
}

impl CertificateWatch {
    pub(crate) fn new(interval: Duration, load: impl Fn() -> Result<ServerTls, Error> + Send + Sync + 'static) -> Self {
        // Without a pause there would be nothing but loading.
        let interval = interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        Self { interval, load: Arc::new(load), state: State::New, complaint: None }
    }

    /// Watches for ever. Dropping the future is safe: the next one goes on.
    pub(crate) async fn run(&mut self, reload: &TlsReload) -> Infallible {
        loop {
            match &mut self.state {
                State::New => self.state = State::Waiting(Instant::now() + self.interval),
                State::Waiting(until) => {
                    sleep_until(*until).await;
                    let load = Arc::clone(&self.load);
                    self.state = State::Loading(spawn_blocking(move || load()));
                }
                State::Loading(task) => {
                    let loaded = task.await;
                    self.state = State::New;
                    let loaded =
                        loaded.unwrap_or_else(|error| Err(Error::new(Kind::Tls, "loading failed").with_source(error)));
                    self.take(reload, loaded);
                }
            }
        }
    }

    fn take(&mut self, reload: &TlsReload, loaded: Result<ServerTls, Error>) {
        let taken = match loaded {
            Ok(tls) if reload.holds(&tls) => Ok(false),
            Ok(tls) => reload.reload(tls).map(|()| true),
            Err(error) => Err(error),
        };
        let complaint = match taken {
            Ok(new) => {
                if new {
                    tracing::info!("new settings of TLS are in use");
                }
                None
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(error) = &complaint
            && complaint != self.complaint
        {
            tracing::warn!(%error, "new settings of TLS cannot be used: the old ones are kept");
        }
        self.complaint = complaint;
    }
}

impl fmt::Debug for CertificateWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateWatch").field("interval", &self.interval).finish_non_exhaustive()
    }
}

const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// No clock can be set to any time.
const LONGEST_INTERVAL: Duration = Duration::from_secs(365 * 24 * 3600);
