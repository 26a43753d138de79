mod address;
mod authority;
mod banner;
mod limits;
mod port_file;
mod service;
mod signals;
mod tls;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod trim;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use puregrpc::examples::Places;
use puregrpc::{DrainReport, Error, Listener, Server};
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::address::{Address, Bound};
use self::limits::Limits;
use self::service::Service;
use self::signals::Signals;
use self::tls::{Files, RELOAD, Tls};
use crate::failure::Failure;
use crate::span;

/// Serves the example services, and health, until a signal comes.
#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen: IP:PORT, [IPV6]:PORT, HOST:PORT or unix:PATH; may be repeated.
    ///
    /// Port 0 is any free port. Without this, port 50051 of localhost, which only this machine
    /// reaches; [::]:50051 takes connections from everywhere, by IPv6 and IPv4.
    #[arg(long, value_name = "ADDR", value_delimiter = ',', env = "PUREGRPC_LISTEN")]
    listen: Vec<Address>,

    /// The services to offer; health is always there.
    #[arg(long, value_name = "NAME", value_enum, value_delimiter = ',', default_values_t = Service::ALL)]
    services: Vec<Service>,

    /// The data base of the route guide, a JSON list of
    /// {"location": {"latitude": N, "longitude": N}, "name": "…"}; without this, a built-in one.
    #[arg(long, value_name = "FILE", env = "PUREGRPC_ROUTE_DB")]
    route_db: Option<PathBuf>,

    /// How many threads serve; without this, one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// How long to serve on after a signal, while health says NOT_SERVING.
    ///
    /// A load balancer needs this time to send its calls elsewhere: behind one that asks only
    /// now and then, give it the time of two questions. A second signal ends at once.
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "1s", env = "PUREGRPC_DRAIN_DELAY")]
    drain_delay: Duration,

    /// How long the calls under way may go on after that; what runs then is cut.
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "25s", env = "PUREGRPC_DRAIN_TIMEOUT")]
    drain_timeout: Duration,

    /// A file to write the addresses to, one a line, once the server listens.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,

    /// How often to look whether the server is idle, to return freed memory to the system; 0s: never.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[arg(long, value_name = "TIME", value_parser = span::parse, default_value = "5s")]
    trim_interval: Duration,

    #[command(flatten)]
    tls: Tls,

    #[command(flatten)]
    limits: Limits,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let places = match &self.route_db {
            Some(file) => Places::load(file).map_err(Failure::local)?,
            None => Places::built_in(),
        };
        let mut builder = runtime::Builder::new_multi_thread();
        if let Some(workers) = self.workers {
            builder.worker_threads(workers.into());
        }
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        trim::start(self.trim_interval).map_err(Failure::local)?;
        let runtime = builder.enable_all().build().map_err(Failure::local)?;
        runtime.block_on(self.serve(places))
    }

    async fn serve(self, places: Places) -> Result<(), Failure> {
        // Before anything is told to the world, so that a signal at any later time drains.
        let mut signals = Signals::listen().map_err(Failure::local)?;
        let tls = self.tls.files(&self.listen)?;
        let bound = self.bind().await?;
        let server =
            service::server(&self.services, places).lame_duck(self.drain_delay).drain_timeout(self.drain_timeout);
        let server = self.limits.apply(server);
        if let Some(file) = &self.port_file {
            port_file::write(file, &bound)?;
        }
        banner::print(&bound, &self.services, tls.as_ref(), self.listen.is_empty());

        let (stop, stopped) = watch::channel(());
        let mut serving = JoinSet::new();
        for listener in bound {
            serving.spawn(listen(server.clone(), listener, tls.clone(), stopped.clone()));
        }
        drop(stopped);
        tokio::select! {
            signal = signals.recv() => {
                let delay = self.drain_delay;
                tracing::info!("{signal}: finishing the calls under way after {delay:?} (a second signal ends at once)");
                signals.exit_at_next();
                drop(stop);
            }
            Some(ended) = serving.join_next() => {
                // Nothing has asked it to stop.
                return Err(ended.map_or_else(Failure::local, |result| match result {
                    Ok(_) => Failure::local("a listener has ended"),
                    Err(error) => Failure::from(error),
                }));
            }
        }
        while let Some(ended) = serving.join_next().await {
            let report = ended.map_err(Failure::local)??;
            tracing::info!(?report, "a listener has drained");
        }
        Ok(())
    }

    async fn bind(&self) -> Result<Vec<Bound>, Failure> {
        if self.listen.is_empty() {
            return address::bind_default(address::DEFAULT_PORT);
        }
        let mut bound = Vec::new();
        for address in &self.listen {
            bound.extend(address.bind().await?);
        }
        Ok(bound)
    }
}

/// Serves one listener until the sender of `stopped` is dropped, and drains.
async fn listen(
    server: Server,
    listener: Bound,
    tls: Option<Files>,
    mut stopped: watch::Receiver<()>,
) -> Result<DrainReport, Error> {
    let shutdown = async move {
        // Nothing is ever sent: this is an error once the sender is gone.
        let _ = stopped.changed().await;
    };
    match listener {
        Bound::Tcp(listener, _) => serve_on(server, listener, tls, shutdown).await,
        #[cfg(unix)]
        Bound::Unix(listener, _file) => serve_on(server, listener, tls, shutdown).await,
    }
}

async fn serve_on(
    server: Server,
    listener: impl Listener,
    tls: Option<Files>,
    shutdown: impl Future<Output = ()>,
) -> Result<DrainReport, Error> {
    let Some(files) = tls else {
        return server.serve(listener, shutdown).await;
    };
    let listener = files.load()?.listen(listener)?.reload_every(RELOAD, move || files.load());
    server.serve(listener, shutdown).await
}
