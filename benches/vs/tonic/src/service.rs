//! A service that does as little as its methods allow.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt, iter};
use tonic::{Request, Response, Status, Streaming};

use crate::proto::bench_server::Bench;
use crate::proto::{Chunk, Count, HelloReply, HelloRequest, StreamReq, WorkRequest};

/// Gives back what it is given.
pub(crate) struct Yardstick;

type Replies = Pin<Box<dyn Stream<Item = Result<HelloReply, Status>> + Send>>;

#[tonic::async_trait]
impl Bench for Yardstick {
    async fn hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(Response::new(reply(request.into_inner().name)))
    }

    type ServerStreamStream = Replies;

    async fn server_stream(&self, request: Request<StreamReq>) -> Result<Response<Replies>, Status> {
        let StreamReq { count, name } = request.into_inner();
        Ok(Response::new(Box::pin(iter((0..count).map(move |_| Ok(reply(name.clone())))))))
    }

    async fn client_stream(&self, requests: Request<Streaming<HelloRequest>>) -> Result<Response<Count>, Status> {
        let mut requests = requests.into_inner();
        let mut n = 0;
        while let Some(request) = requests.message().await? {
            n += u64::from(!request.name.is_empty());
        }
        Ok(Response::new(Count { n }))
    }

    type BidiStream = Replies;

    async fn bidi(&self, requests: Request<Streaming<HelloRequest>>) -> Result<Response<Replies>, Status> {
        let replies = requests.into_inner().map(|request| request.map(|request| reply(request.name)));
        Ok(Response::new(Box::pin(replies)))
    }

    async fn echo(&self, request: Request<Chunk>) -> Result<Response<Chunk>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn work(&self, request: Request<WorkRequest>) -> Result<Response<HelloReply>, Status> {
        vs_common::spin(request.into_inner().micros);
        Ok(Response::new(HelloReply::default()))
    }
}

fn reply(message: String) -> HelloReply {
    HelloReply { message }
}
