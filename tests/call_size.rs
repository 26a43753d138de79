//! How much memory a call takes on the server, beyond what its handler keeps.
//!
//! A future of more than 1,032 bytes leaves the allocator's fast path: at twice
//! the size a unary call takes four per cent more time.
#![cfg(feature = "example-services")]

use std::sync::{Arc, Mutex};

use puregrpc::codegen::{BoxFuture, Call, Service};
use puregrpc::{Channel, Receiver, Request, Response, Sender, Server, Status, in_process};

#[allow(missing_docs, reason = "generated for this test alone")]
mod proto {
    puregrpc::include_protos!("bench");
}
use proto::bench::{Bench, BenchClient, BenchServer, Chunk, Count, HelloReply, HelloRequest, StreamReq, WorkRequest};

/// Handlers that keep nothing.
struct Empty;

impl Bench for Empty {
    async fn hello(&self, _: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(HelloReply::default().into())
    }

    async fn server_stream(&self, _: Request<StreamReq>, _: &mut Sender<HelloReply>) -> Result<(), Status> {
        Ok(())
    }

    async fn client_stream(&self, _: &mut Receiver<HelloRequest>) -> Result<Response<Count>, Status> {
        Ok(Count::default().into())
    }

    async fn bidi(&self, _: &mut Receiver<HelloRequest>, _: &mut Sender<HelloReply>) -> Result<(), Status> {
        Ok(())
    }

    async fn echo(&self, _: Request<Chunk>) -> Result<Response<Chunk>, Status> {
        Ok(Chunk::default().into())
    }

    async fn work(&self, _: Request<WorkRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(HelloReply::default().into())
    }
}

/// A service that notes how large the futures of its calls are.
struct Measured<S> {
    service: S,
    sizes: Arc<Mutex<Vec<(&'static str, usize)>>>,
}

impl<S: Service> Service for Measured<S> {
    const NAME: &'static str = S::NAME;
    const METHODS: &'static [&'static str] = S::METHODS;

    fn call(&self, method: usize, call: Call) -> BoxFuture {
        let future = self.service.call(method, call);
        self.sizes.lock().unwrap().push((S::METHODS[method], size_of_val(&*future)));
        future
    }
}

#[tokio::test]
async fn a_call_of_each_kind_takes_at_most_1_kib() {
    let sizes = Arc::default();
    let service = Measured { service: BenchServer::new(Empty), sizes: Arc::clone(&sizes) };
    let (listener, connector) = in_process();
    tokio::spawn(Server::new().add(service).serve(listener, std::future::pending()));
    let client = BenchClient::new(Channel::in_process(connector));

    client.hello(HelloRequest::default()).await.unwrap();
    client.echo(Chunk::default()).await.unwrap();
    client.work(WorkRequest::default()).await.unwrap();
    client.server_stream(StreamReq::default()).await.unwrap().recv().await.unwrap();
    client.client_stream(()).await.unwrap().finish().await.unwrap();
    let (sender, mut receiver) = client.bidi(()).await.unwrap();
    sender.close();
    receiver.recv().await.unwrap();

    let sizes = sizes.lock().unwrap();
    assert_eq!(sizes.len(), 6);
    for (method, size) in sizes.iter() {
        println!("{method}: {size} bytes");
        assert!(*size <= 1024, "{method}: {size} bytes");
    }
}
