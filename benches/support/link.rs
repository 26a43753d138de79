//! A server and a client in one process, on one thread.

use std::future::pending;

use puregrpc::{Channel, Server, in_process};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::proto::bench::{BenchClient, BenchServer};
use crate::service::Yardstick;

/// A client of a server that runs on `runtime`.
pub(crate) struct Link {
    /// Over what the two talk.
    pub(crate) name: &'static str,
    pub(crate) client: BenchClient,
    pub(crate) runtime: Runtime,
}

impl Link {
    /// One over a pipe and one over a socket.
    pub(crate) fn both() -> [Self; 2] {
        [Self::in_process(), Self::loopback()]
    }

    fn in_process() -> Self {
        let runtime = runtime();
        let (listener, connector) = in_process();
        runtime.spawn(server().serve(listener, pending()));
        Self { name: "in_process", client: BenchClient::new(Channel::in_process(connector)), runtime }
    }

    fn loopback() -> Self {
        let runtime = runtime();
        let channel = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(server().serve(listener, pending()));
            Channel::connect(format!("http://{address}")).await.unwrap()
        });
        Self { name: "loopback", client: BenchClient::new(channel), runtime }
    }
}

fn server() -> Server {
    Server::new().add(BenchServer::new(Yardstick))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
