//! Services and the map from paths to their methods.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use fnv::FnvHashMap;

use crate::call::body::Body;
use crate::call::message_reader::MessageReader;
use crate::call::sink::{Abort, Respond};
use crate::call::source::Source;
use crate::call::{ConnectionContext, Head};
use crate::server::driver::Driver;
use crate::server::inbound::Inbound;
use crate::server::inline_policy::InlinePolicy;
use crate::status::Status;

/// A call that runs until it is answered.
pub type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a generated server is: methods by number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service that a server takes",
    note = "wrap what implements the trait of a service in its server: `GreeterServer::new(…)` for a `Greeter`"
)]
pub trait Service: Send + Sync + 'static {
    /// The full name, such as `routeguide.RouteGuide`.
    const NAME: &'static str;

    /// The names of the methods, as on the wire.
    const METHODS: &'static [&'static str];

    /// Starts the call of a method, given by its place in `METHODS`.
    fn call(&self, method: usize, call: Call) -> BoxFuture;
}

/// A service whose type is forgotten, once per service.
trait Erased: Send + Sync {
    fn call(&self, method: usize, call: Call) -> BoxFuture;
}

impl<S: Service> Erased for S {
    fn call(&self, method: usize, call: Call) -> BoxFuture {
        Service::call(self, method, call)
    }
}

/// The name of a method, as it stands in the program.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    service: &'static &'static str,
    method: &'static &'static str,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.service, self.method)
    }
}

/// A checked request, with all that is needed to answer it.
pub struct Call {
    pub(crate) head: Head,
    pub(crate) source: Source,
    pub(crate) respond: Respond,
    pub(crate) connection: Arc<ConnectionContext>,
    /// What it is charged for once it has to wait.
    pub(crate) bytes: usize,
    pub(crate) name: Name,
}

impl Call {
    /// The half for the request and the half for the answer.
    ///
    /// To be split before the call's future is boxed, so that each is moved once.
    pub fn split(self) -> (Inbound, Driver) {
        let terms = &self.connection.terms;
        let body = Body::of_request(self.source, terms.kept_window);
        let message_reader = MessageReader::new(terms.max_recv_message_size, terms.max_decoded_message_size);
        let driver = Driver::new(self.respond, self.connection, &self.head, self.name);
        (Inbound::new(self.head, body, message_reader), driver)
    }

    /// Answers that the method is not there.
    pub fn unimplemented(self) -> BoxFuture {
        self.fail(Status::unimplemented("the method is not implemented"));
        Box::pin(std::future::ready(()))
    }

    /// Answers with an error, without any handler.
    #[cold]
    pub(crate) fn fail(self, status: Status) {
        self.split().1.fail(status);
    }

    /// Tells the client that nothing was begun, so that it may try again.
    #[cold]
    pub(crate) fn refuse(mut self) {
        self.respond.send_reset(Abort::Unprocessed);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("head", &self.head).finish_non_exhaustive()
    }
}

/// Which method a path names.
#[derive(Clone, Default)]
pub(crate) struct Router {
    /// From the whole `:path`, byte by byte: there is one string that routes,
    /// and it is the one that an authorizing handler sees.
    ///
    /// Whoever calls chooses only what is looked up, never what is in it: the
    /// hasher need not withstand collisions.
    paths: FnvHashMap<Box<str>, usize>,
    routes: Vec<Arc<Route>>,
    names: Vec<&'static str>,
}

/// One method.
pub(crate) struct Route {
    service: Arc<dyn Erased>,
    method: usize,
    pub(crate) name: Name,
    pub(crate) inline_policy: InlinePolicy,
}

impl Router {
    pub(crate) fn add<S: Service>(&mut self, service: S) {
        let service: Arc<dyn Erased> = Arc::new(service);
        for (method, name) in S::METHODS.iter().enumerate() {
            let path = format!("/{}/{name}", S::NAME).into();
            self.paths.insert(path, self.routes.len());
            let name = Name { service: const { &S::NAME }, method: name };
            self.routes.push(Arc::new(Route {
                service: Arc::clone(&service),
                method,
                name,
                inline_policy: InlinePolicy::unknown(),
            }));
        }
        if !self.names.contains(&S::NAME) {
            self.names.push(S::NAME);
        }
    }

    /// The number of the method that this path names.
    pub(crate) fn find(&self, path: &str) -> Option<usize> {
        self.paths.get(path).copied()
    }

    /// The method of a number that [`find`](Self::find) gave.
    pub(crate) fn route(&self, number: usize) -> &Arc<Route> {
        &self.routes[number]
    }

    /// The names of all services, in the order they were added.
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names
    }
}

impl Route {
    pub(crate) fn call(&self, call: Call) -> BoxFuture {
        self.service.call(self.method, call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Idle;

    impl Service for Idle {
        const NAME: &'static str = "pkg.Idle";
        const METHODS: &'static [&'static str] = &["One", "Two"];

        fn call(&self, _: usize, call: Call) -> BoxFuture {
            call.unimplemented()
        }
    }

    fn router() -> Router {
        let mut router = Router::default();
        router.add(Idle);
        router
    }

    /// S7: exact bytes only.
    #[test]
    fn only_the_whole_path_routes() {
        let router = router();
        assert_eq!(router.find("/pkg.Idle/Two").map(|number| router.route(number).method), Some(1));
        for path in [
            "",
            "/",
            "pkg.Idle/Two",
            "//pkg.Idle/Two",
            "/pkg.Idle",
            "/pkg.Idle/",
            "/pkg.Idle/Two/",
            "/pkg.Idle/two",
            "/pkg.Idle/Two?q",
            "/pkg.Idle/Tw%6f",
        ] {
            assert!(router.find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_service_that_is_added_again_is_replaced() {
        let mut router = router();
        router.add(Idle);
        assert_eq!(router.names(), ["pkg.Idle"]);
        assert!(router.find("/pkg.Idle/One").is_some());
    }
}
