//! The test service of gRPC's interoperability tests.

use std::time::Duration;

use puregrpc::{Code, Encoding, Metadata, Receiver, Request, Response, Sender, Status};
use tokio::time::sleep;

use crate::interop::grpc::testing::{
    BoolValue, EchoStatus, Empty, Payload, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
    StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse, TestService,
};

/// Answers as its requests ask.
#[derive(Debug)]
pub struct Tester;

impl TestService for Tester {
    async fn empty_call(&self, request: Request<Empty>) -> Result<Response<Empty>, Status> {
        let mut response = Response::new(Empty::default());
        echo_headers(request.metadata(), response.metadata_mut())?;
        echo_trailers(request.metadata(), || response.trailers_mut())?;
        Ok(response)
    }

    async fn unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        check_compressed(request.expect_compressed.as_ref(), request.was_compressed())?;
        fail_as_asked(request.response_status.as_ref())?;
        let payload = Some(payload(request.response_size)?).into();
        let mut response = Response::new(SimpleResponse { payload, ..Default::default() });
        if request.fill_server_id {
            response.server_id = std::process::id().to_string();
        }
        if let Some(compressed) = request.response_compressed.as_ref() {
            let encoding = if compressed.value { Encoding::Gzip } else { Encoding::Identity };
            response = response.with_compression(encoding);
        }
        echo_headers(request.metadata(), response.metadata_mut())?;
        echo_trailers(request.metadata(), || response.trailers_mut())?;
        Ok(response)
    }

    async fn cacheable_unary_call(&self, request: Request<SimpleRequest>) -> Result<Response<SimpleResponse>, Status> {
        self.unary_call(request).await?.with_metadata("cache-control", "max-age=60, public").map_err(Status::from)
    }

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
        replies: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        begin(request.metadata(), replies)?;
        reply(&request, replies).await
    }

    async fn streaming_input_call(
        &self,
        requests: &mut Receiver<StreamingInputCallRequest>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut size = 0;
        while let Some(request) = requests.recv().await? {
            check_compressed(request.expect_compressed.as_ref(), requests.was_compressed())?;
            size += request.payload.body.len();
        }
        let size = i32::try_from(size).map_err(|_| Status::out_of_range("the payloads are beyond 2 GiB"))?;
        let mut response =
            Response::new(StreamingInputCallResponse { aggregated_payload_size: size, ..Default::default() });
        echo_headers(requests.metadata(), response.metadata_mut())?;
        echo_trailers(requests.metadata(), || response.trailers_mut())?;
        Ok(response)
    }

    async fn full_duplex_call(
        &self,
        requests: &mut Receiver<StreamingOutputCallRequest>,
        replies: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        begin(requests.metadata(), replies)?;
        while let Some(request) = requests.recv().await? {
            reply(&request, replies).await?;
        }
        Ok(())
    }

    async fn half_duplex_call(
        &self,
        requests: &mut Receiver<StreamingOutputCallRequest>,
        replies: &mut Sender<StreamingOutputCallResponse>,
    ) -> Result<(), Status> {
        begin(requests.metadata(), replies)?;
        let mut all = Vec::new();
        while let Some(request) = requests.recv().await? {
            all.push(request);
        }
        for request in &all {
            reply(request, replies).await?;
        }
        Ok(())
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented("the interoperability tests want it so"))
    }
}

/// Says the headers, and that answers may be compressed.
fn begin(metadata: &Metadata, replies: &mut Sender<StreamingOutputCallResponse>) -> Result<(), Status> {
    replies.set_compression(Encoding::Gzip)?;
    let mut headers = Metadata::new();
    echo_headers(metadata, &mut headers)?;
    echo_trailers(metadata, || replies.trailers_mut())?;
    if !headers.is_empty() {
        replies.send_headers(headers)?;
    }
    Ok(())
}

/// The answers that one request asks for.
async fn reply(
    request: &StreamingOutputCallRequest,
    replies: &mut Sender<StreamingOutputCallResponse>,
) -> Result<(), Status> {
    fail_as_asked(request.response_status.as_ref())?;
    for parameters in &request.response_parameters {
        if let Ok(pause @ 1..) = u64::try_from(parameters.interval_us) {
            sleep(Duration::from_micros(pause)).await;
        }
        let payload = Some(payload(parameters.size)?).into();
        let answer = StreamingOutputCallResponse { payload, ..Default::default() };
        if parameters.compressed.value {
            replies.send(&answer).await?;
        } else {
            replies.send_uncompressed(&answer).await?;
        }
    }
    Ok(())
}

/// A payload of so many zeros.
fn payload(size: i32) -> Result<Payload, Status> {
    match usize::try_from(size) {
        Ok(size) if size <= MOST => Ok(Payload { body: vec![0; size].into(), ..Default::default() }),
        _ => Err(Status::invalid_argument(format!("expected a size of 0 to {MOST} bytes, got {size}"))),
    }
}

fn check_compressed(expected: Option<&BoolValue>, was_compressed: bool) -> Result<(), Status> {
    match expected.map(|expected| expected.value) {
        Some(expected) if expected != was_compressed => Err(Status::invalid_argument(format!(
            "expected a message whose flag for compression is {expected}, got {was_compressed}"
        ))),
        _ => Ok(()),
    }
}

fn fail_as_asked(status: Option<&EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(Status::new(Code::from(status.code), status.message.clone())),
        _ => Ok(()),
    }
}

fn echo_headers(from: &Metadata, to: &mut Metadata) -> Result<(), Status> {
    for value in from.all(INITIAL) {
        to.append(INITIAL, value)?;
    }
    Ok(())
}

fn echo_trailers<'a>(from: &Metadata, to: impl FnOnce() -> &'a mut Metadata) -> Result<(), Status> {
    let mut values = from.all_bin(TRAILING).peekable();
    if values.peek().is_some() {
        let to = to();
        for value in values {
            to.append(TRAILING, value)?;
        }
    }
    Ok(())
}

const INITIAL: &str = "x-grpc-test-echo-initial";
const TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// What a caller may ask for in one message.
const MOST: usize = 64 << 20;
