//! A service that does as little as its methods allow.

use connectrpc::{Encodable, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult, ServiceStream};
use futures_util::{StreamExt, stream};

use crate::proto::bench::{Bench, Chunk, Count, HelloReply, HelloRequest, StreamReq, WorkRequest};

/// Gives back what it is given.
pub(crate) struct Yardstick;

impl Bench for Yardstick {
    async fn hello<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, HelloRequest>,
    ) -> ServiceResult<impl Encodable<HelloReply> + Send + use<'a>> {
        Response::ok(reply(request.name))
    }

    async fn server_stream(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, StreamReq>,
    ) -> ServiceResult<ServiceStream<impl Encodable<HelloReply> + Send + use<>>> {
        let name = request.name.to_owned();
        Response::stream_ok(stream::iter((0..request.count).map(move |_| Ok(reply(&name)))))
    }

    async fn client_stream<'a>(
        &'a self,
        _: RequestContext,
        mut requests: InboundStream<HelloRequest>,
    ) -> ServiceResult<impl Encodable<Count> + Send + use<'a>> {
        let mut n = 0;
        while let Some(request) = requests.next().await {
            n += u64::from(!request?.name().is_empty());
        }
        Response::ok(Count { n, ..Default::default() })
    }

    async fn bidi(
        &self,
        _: RequestContext,
        requests: InboundStream<HelloRequest>,
    ) -> ServiceResult<ServiceStream<impl Encodable<HelloReply> + Send + use<>>> {
        Response::stream_ok(requests.map(|request| request.map(|request| reply(request.name()))))
    }

    async fn echo<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, Chunk>,
    ) -> ServiceResult<impl Encodable<Chunk> + Send + use<'a>> {
        // Its way to send bytes on without a copy.
        Response::ok(request.to_owned_view())
    }

    async fn work<'a>(
        &'a self,
        _: RequestContext,
        request: ServiceRequest<'_, WorkRequest>,
    ) -> ServiceResult<impl Encodable<HelloReply> + Send + use<'a>> {
        vs_common::spin(request.micros);
        Response::ok(HelloReply::default())
    }
}

fn reply(name: &str) -> HelloReply {
    HelloReply { message: name.to_owned(), ..Default::default() }
}
