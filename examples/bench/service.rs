//! A service that does as little as its methods allow, so that what is measured is the library.

use std::time::{Duration, Instant};

use puregrpc::{Receiver, Request, Response, Sender, Status};

use crate::proto::bench::{Bench, Chunk, Count, HelloReply, HelloRequest, StreamReq, WorkRequest};

/// Gives back what it is given.
pub(crate) struct Yardstick;

impl Bench for Yardstick {
    async fn hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        Ok(reply(request.into_inner().name).into())
    }

    async fn server_stream(&self, request: Request<StreamReq>, replies: &mut Sender<HelloReply>) -> Result<(), Status> {
        let StreamReq { count, name, .. } = request.into_inner();
        for _ in 0..count {
            // A message for each, as where they differ.
            replies.send(&reply(name.clone())).await?;
        }
        Ok(())
    }

    async fn client_stream(&self, requests: &mut Receiver<HelloRequest>) -> Result<Response<Count>, Status> {
        let mut n = 0;
        while let Some(request) = requests.recv().await? {
            n += u64::from(!request.name.is_empty());
        }
        Ok(Count { n, ..Default::default() }.into())
    }

    async fn bidi(
        &self,
        requests: &mut Receiver<HelloRequest>,
        replies: &mut Sender<HelloReply>,
    ) -> Result<(), Status> {
        while let Some(request) = requests.recv().await? {
            replies.send(&reply(request.name)).await?;
        }
        Ok(())
    }

    async fn echo(&self, request: Request<Chunk>) -> Result<Response<Chunk>, Status> {
        Ok(request.into_inner().into())
    }

    async fn work(&self, request: Request<WorkRequest>) -> Result<Response<HelloReply>, Status> {
        let busy = Duration::from_micros(request.micros.into());
        let start = Instant::now();
        while start.elapsed() < busy {
            std::hint::spin_loop();
        }
        Ok(HelloReply::default().into())
    }
}

fn reply(message: String) -> HelloReply {
    HelloReply { message, ..Default::default() }
}
