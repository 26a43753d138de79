//! Answers every POST with the same bytes, by h2 alone: `vs-rawh2 ADDR THREADS`
//!
//! It takes all requests that have come before it answers any, so that their answers leave together. No server that
//! stands on h2 can do with less.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use http::{HeaderMap, HeaderValue, Response, header};
use tokio::net::{TcpListener, TcpStream};
use vs_common::{Error, STREAMS, TlsFiles};

fn main() -> Result<(), Error> {
    vs_common::serve(serve)
}

async fn serve(listener: TcpListener, tls: Option<TlsFiles>) -> Result<(), Error> {
    if tls.is_some() {
        return Err("there is no TLS here".into());
    }
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream));
    }
}

async fn connection(stream: TcpStream) {
    let greeted = Builder::new().max_concurrent_streams(STREAMS).handshake(stream).await;
    // A peer that does not greet is none of ours.
    if let Ok(mut connection) = greeted {
        poll_fn(|context| turn(&mut connection, context)).await;
    }
}

/// Answers all that has come; ready once the peer is gone.
fn turn(connection: &mut Connection<TcpStream, Bytes>, context: &mut Context<'_>) -> Poll<()> {
    loop {
        let mut calls = Vec::new();
        let ended = loop {
            match connection.poll_accept(context) {
                Poll::Ready(Some(Ok(call))) => calls.push(call),
                Poll::Ready(_) => break true,
                Poll::Pending => break false,
            }
        };
        let nothing = calls.is_empty();
        for (_request, respond) in calls {
            // What fails is a stream that was reset.
            drop(answer(respond));
        }
        if ended {
            return Poll::Ready(());
        }
        if nothing {
            return Poll::Pending;
        }
    }
}

fn answer(mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut response = Response::new(());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(response, false)?;
    stream.send_data(Bytes::from_static(REPLY), false)?;
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

/// A message of `bench.HelloReply` with a name of ten bytes.
const REPLY: &[u8] = b"\0\0\0\0\x0c\x0a\x0axxxxxxxxxx";
