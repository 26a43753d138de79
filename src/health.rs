//! `grpc.health.v1.Health`: the health service for probes and load balancers.
//!
//! ```no_run
//! # use puregrpc::codegen::Service;
//! # fn example(greeter: impl Service) {
//! use puregrpc::Server;
//! use puregrpc::health::{Health, ServingStatus};
//!
//! let server = Server::new().add(greeter);
//! let health = Health::of(&server); // after the last service that it reports
//! let server = server.add(health.service());
//! // On each change:
//! health.set("helloworld.Greeter", ServingStatus::NotServing);
//! # }
//! ```
//!
//! [`HealthClient`] queries it. Its answers contain a [`ProtoServingStatus`], which has
//! one more state for an unknown service.
//!
//! Source: grpc/doc/health-checking.md.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::generated::health::grpc::health::v1 as proto;
use crate::{DrainWatch, Request, Response, Sender, Server, Status};

/// The descriptors of this service: a `google.protobuf.FileDescriptorSet`,
/// encoded. Tools that list the services of a server need them in addition to those
/// of your own files, for example in a `-protoset` for `grpcurl`.
pub use crate::generated::health::FILE_DESCRIPTOR_SET;
/// Queries the health of a server:
///
/// ```
/// use puregrpc::health::{Health, HealthCheckRequest, HealthClient, ProtoServingStatus};
/// # use puregrpc::{Channel, Server, in_process};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), puregrpc::Status> {
/// # let (listener, connector) = in_process();
/// # let health = Health::of(&Server::new());
/// # tokio::spawn(Server::new().add(health.service()).serve(listener, std::future::pending()));
/// # let channel = Channel::in_process(connector);
/// let question = HealthCheckRequest { service: "".into(), ..Default::default() }; // the server as a whole
/// let answer = HealthClient::new(channel).check(question).await?;
/// assert_eq!(answer.status.enum_value(), Ok(ProtoServingStatus::SERVING));
/// # Ok(())
/// # }
/// ```
///
pub use proto::HealthClient;
/// [`ServingStatus`] in messages.
pub use proto::health_check_response::ServingStatus as ProtoServingStatus;
pub use proto::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse, HealthServer};

/// Whether a service accepts calls. A server [sets](Health::set) it; clients receive a
/// [`ProtoServingStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServingStatus {
    /// Not known yet.
    Unknown,
    /// It accepts calls.
    Serving,
    /// It accepts no calls now.
    NotServing,
}

/// The states of a server's services, and the service that reports them.
///
/// Clones share their states. Once the server begins to shut down, every service is
/// reported as [`NotServing`](ServingStatus::NotServing), whatever was set, and
/// watchers receive the change. Their calls end after the server's
/// [`lame_duck`](Server::lame_duck) time.
#[derive(Clone, Debug)]
pub struct Health {
    states: Arc<watch::Sender<BTreeMap<String, ServingStatus>>>,
    drain: DrainWatch,
}

impl Health {
    /// The health of a server. The server as a whole (`""`) and every service added so
    /// far are [`Serving`](ServingStatus::Serving).
    pub fn of(server: &Server) -> Self {
        let names = server.service_names().chain([""]);
        let states = names.map(|name| (name.to_owned(), ServingStatus::Serving)).collect();
        Self { states: Arc::new(watch::Sender::new(states)), drain: server.drain_watch() }
    }

    /// The health service: add it to the server.
    pub fn service(&self) -> HealthServer<Self> {
        HealthServer::new(self.clone())
    }

    /// Sets the state of a service; `""` is the server as a whole.
    pub fn set(&self, service: impl Into<String>, status: ServingStatus) {
        self.states.send_modify(|states| {
            states.insert(service.into(), status);
        });
    }

    /// Removes a service: clients that query it then get NOT_FOUND, watchers
    /// SERVICE_UNKNOWN.
    pub fn remove(&self, service: &str) {
        self.states.send_modify(|states| {
            states.remove(service);
        });
    }

    fn status(&self, service: &str) -> Option<ProtoServingStatus> {
        let status = *self.states.borrow().get(service)?;
        Some(if self.drain.is_draining() { ProtoServingStatus::NOT_SERVING } else { status.into() })
    }
}

impl proto::Health for Health {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match self.status(&request.service) {
            Some(status) => Ok(response(status).into()),
            None => Err(Status::not_found("there is no such service on this server")),
        }
    }

    async fn list(&self, _: Request<HealthListRequest>) -> Result<Response<HealthListResponse>, Status> {
        let names: Vec<_> = self.states.borrow().keys().cloned().collect();
        if names.len() > LISTED {
            return Err(Status::resource_exhausted(format!("more than {LISTED} services: ask for one")));
        }
        let statuses = names.into_iter().filter_map(|name| self.status(&name).map(|status| (name, response(status))));
        Ok(HealthListResponse { statuses: statuses.collect(), ..Default::default() }.into())
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
        replies: &mut Sender<HealthCheckResponse>,
    ) -> Result<(), Status> {
        let mut changes = self.states.subscribe();
        let mut sent = None;
        let mut over = false;
        loop {
            changes.mark_unchanged();
            let status = self.status(&request.service).unwrap_or(ProtoServingStatus::SERVICE_UNKNOWN);
            if sent.replace(status) != Some(status) {
                replies.send(&response(status)).await?;
            }
            if over {
                return Err(Status::unavailable("the server is shutting down"));
            }
            tokio::select! {
                // This service owns a handle of the states, so that no error is possible.
                _ = changes.changed() => {}
                () = self.drain.wait(), if !self.drain.is_draining() => {}
                // An earlier end would make watchers reconnect again and again.
                () = self.drain.wait_for_goaway() => over = true,
            }
        }
    }
}

impl From<ServingStatus> for ProtoServingStatus {
    fn from(status: ServingStatus) -> Self {
        match status {
            ServingStatus::Unknown => Self::UNKNOWN,
            ServingStatus::Serving => Self::SERVING,
            ServingStatus::NotServing => Self::NOT_SERVING,
        }
    }
}

fn response(status: ProtoServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into(), ..Default::default() }
}

/// Maximum number of services in a list, as the protocol requires.
const LISTED: usize = 100;
