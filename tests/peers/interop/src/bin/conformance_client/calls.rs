//! The calls, of each kind.

use std::future::pending;
use std::time::Duration;

use puregrpc::protobuf::well_known_types::any::Any;
use puregrpc::protobuf::{Message, MessageFull};
use puregrpc::{Channel, Receiver, Request, Response, Status};
use tokio::time::sleep;

use puregrpc_interop::conformance::connectrpc::conformance::v1::client_compat_request::cancel::Cancel_timing;
use puregrpc_interop::conformance::connectrpc::conformance::v1::{
    BidiStreamRequest, BidiStreamResponse, ClientCompatRequest, ClientResponseResult, ClientStreamRequest,
    ClientStreamResponse, Code, ConformancePayload, ConformanceServiceClient, Error, IdempotentUnaryResponse,
    ServerStreamResponse, StreamType, UnaryResponse, UnimplementedResponse,
};
use puregrpc_interop::conformance::google::rpc;
use puregrpc_interop::{Failure, headers};

/// Makes the call that is asked for.
pub(super) async fn make(channel: Channel, wanted: &ClientCompatRequest) -> Result<ClientResponseResult, Failure> {
    let client = ConformanceServiceClient::new(channel);
    match wanted.method.as_deref().unwrap_or_default() {
        "Unary" => one(client.unary(only(wanted)?), wanted).await,
        "IdempotentUnary" => one(client.idempotent_unary(only(wanted)?), wanted).await,
        "Unimplemented" => one(client.unimplemented(only(wanted)?), wanted).await,
        "ServerStream" => {
            let mut result = ClientResponseResult::default();
            match client.server_stream(only(wanted)?).await {
                Ok(mut replies) => receive(&mut replies, wanted, &mut result).await,
                Err(status) => failed(&status, &mut result),
            }
            Ok(result)
        }
        "ClientStream" => client_stream(&client, wanted).await,
        "BidiStream" => bidi_stream(&client, wanted).await,
        other => Err(format!("there is no method {other:?}").into()),
    }
}

/// A call with one request and one answer.
async fn one<R: Payload>(
    call: impl Future<Output = Result<Response<R>, Status>>,
    wanted: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let mut result = ClientResponseResult::default();
    tokio::select! {
        answer = call => answered(answer, &mut result),
        () = time_to_cancel(wanted) => failed(&Status::cancelled("cancelled"), &mut result),
    }
    Ok(result)
}

async fn client_stream(
    client: &ConformanceServiceClient,
    wanted: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let mut result = ClientResponseResult::default();
    let messages = unpacked::<ClientStreamRequest>(&wanted.request_messages)?;
    let mut call = match client.client_stream(with_head((), wanted)?).await {
        Ok(call) => call,
        Err(status) => {
            failed(&status, &mut result);
            return Ok(result);
        }
    };
    for (number, message) in messages.iter().enumerate() {
        pause(wanted.request_delay_ms).await;
        if call.send(message).await.is_err() {
            result.num_unsent_requests = i32::try_from(messages.len() - number)?;
            break;
        }
    }
    if cancels_before_closing(wanted) {
        drop(call);
        failed(&Status::cancelled("cancelled"), &mut result);
        return Ok(result);
    }
    tokio::select! {
        answer = call.finish() => answered(answer, &mut result),
        () = time_to_cancel(wanted) => failed(&Status::cancelled("cancelled"), &mut result),
    }
    Ok(result)
}

async fn bidi_stream(
    client: &ConformanceServiceClient,
    wanted: &ClientCompatRequest,
) -> Result<ClientResponseResult, Failure> {
    let mut result = ClientResponseResult::default();
    let messages = unpacked::<BidiStreamRequest>(&wanted.request_messages)?;
    let (mut requests, mut replies) = match client.bidi_stream(with_head((), wanted)?).await {
        Ok(halves) => halves,
        Err(status) => {
            failed(&status, &mut result);
            return Ok(result);
        }
    };
    let full_duplex = wanted.stream_type.enum_value() == Ok(StreamType::STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM);
    for (number, message) in messages.iter().enumerate() {
        pause(wanted.request_delay_ms).await;
        if requests.send(message).await.is_err() {
            result.num_unsent_requests = i32::try_from(messages.len() - number)?;
            break;
        }
        if full_duplex && !next(&mut replies, wanted, &mut result).await {
            head_and_tail(&replies, &mut result);
            return Ok(result);
        }
    }
    if cancels_before_closing(wanted) {
        drop(requests);
    } else {
        requests.close();
    }
    receive(&mut replies, wanted, &mut result).await;
    Ok(result)
}

/// Receives the rest of a stream.
async fn receive<R: Payload>(
    replies: &mut Receiver<R>,
    wanted: &ClientCompatRequest,
    result: &mut ClientResponseResult,
) {
    let all = async { while next(replies, wanted, result).await {} };
    tokio::select! {
        () = all => {}
        () = time_to_cancel(wanted) => failed(&Status::cancelled("cancelled"), result),
    }
    head_and_tail(replies, result);
}

/// Receives one answer; says whether there may be more.
async fn next<R: Payload>(
    replies: &mut Receiver<R>,
    wanted: &ClientCompatRequest,
    result: &mut ClientResponseResult,
) -> bool {
    match replies.recv().await {
        Ok(Some(reply)) => {
            result.payloads.push(reply.payload());
            if cancels_after_answers(wanted) != Some(result.payloads.len()) {
                return true;
            }
            result.error = Some(error(&Status::cancelled("cancelled"))).into();
        }
        Ok(None) => {}
        Err(status) => result.error = Some(error(&status)).into(),
    }
    false
}

fn head_and_tail<R: puregrpc::Message>(replies: &Receiver<R>, result: &mut ClientResponseResult) {
    result.response_headers = headers::of(replies.metadata());
    result.response_trailers = headers::of(replies.trailers());
}

fn answered<R: Payload>(answer: Result<Response<R>, Status>, result: &mut ClientResponseResult) {
    match answer {
        Ok(reply) => {
            result.response_headers = headers::of(reply.metadata());
            result.response_trailers = headers::of(reply.trailers());
            result.payloads.push(reply.into_inner().payload());
        }
        Err(status) => failed(&status, result),
    }
}

fn failed(status: &Status, result: &mut ClientResponseResult) {
    result.error = Some(error(status)).into();
    result.response_headers = headers::of(status.headers());
    result.response_trailers = headers::of(status.metadata());
}

fn error(status: &Status) -> Error {
    let details = rpc::Status::parse_from_bytes(status.details()).map(|rich| rich.details).unwrap_or_default();
    let code = puregrpc::protobuf::EnumOrUnknown::<Code>::from_i32(status.code().into());
    Error { code, message: Some(status.message().to_owned()), details, ..Default::default() }
}

/// The one request of a call, with its metadata and its deadline.
fn only<Q: MessageFull>(wanted: &ClientCompatRequest) -> Result<Request<Q>, Failure> {
    let mut messages = unpacked(&wanted.request_messages)?;
    match (messages.pop(), messages.is_empty()) {
        (Some(message), true) => with_head(message, wanted),
        _ => Err(format!("{} needs one request", wanted.test_name).into()),
    }
}

fn unpacked<Q: MessageFull>(messages: &[Any]) -> Result<Vec<Q>, Failure> {
    let unpack = |message: &Any| {
        message.unpack()?.ok_or_else(|| Failure::from(format!("{} is no request of this method", message.type_url)))
    };
    messages.iter().map(unpack).collect()
}

fn with_head<Q>(message: Q, wanted: &ClientCompatRequest) -> Result<Request<Q>, Failure> {
    let mut request = Request::new(message);
    headers::add(&wanted.request_headers, request.metadata_mut())?;
    Ok(match wanted.timeout_ms {
        Some(time) => request.with_timeout(Duration::from_millis(time.into())),
        None => request,
    })
}

fn cancels_before_closing(wanted: &ClientCompatRequest) -> bool {
    let timing = wanted.cancel.as_ref().and_then(|cancel| cancel.cancel_timing.as_ref());
    matches!(timing, Some(Cancel_timing::BeforeCloseSend(_)))
}

fn cancels_after_answers(wanted: &ClientCompatRequest) -> Option<usize> {
    match wanted.cancel.as_ref()?.cancel_timing {
        Some(Cancel_timing::AfterNumResponses(count)) => usize::try_from(count).ok(),
        _ => None,
    }
}

/// Ends when the call is to be cancelled after it was closed; never if it is not.
async fn time_to_cancel(wanted: &ClientCompatRequest) {
    let time = wanted.cancel.as_ref().and_then(|cancel| match cancel.cancel_timing {
        None => Some(0),
        Some(Cancel_timing::AfterCloseSendMs(time)) => Some(time),
        _ => None,
    });
    match time {
        Some(time) => sleep(Duration::from_millis(time.into())).await,
        None => pending().await,
    }
}

async fn pause(milliseconds: u32) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds.into())).await;
    }
}

/// An answer that holds a payload.
trait Payload: puregrpc::Message {
    fn payload(self) -> ConformancePayload;
}

macro_rules! payloads {
    ($($name:ty,)*) => {
        $(impl Payload for $name {
            fn payload(self) -> ConformancePayload {
                self.payload.into_option().unwrap_or_default()
            }
        })*
    };
}

payloads! {
    UnaryResponse,
    IdempotentUnaryResponse,
    ServerStreamResponse,
    ClientStreamResponse,
    BidiStreamResponse,
}

impl Payload for UnimplementedResponse {
    fn payload(self) -> ConformancePayload {
        ConformancePayload::default()
    }
}
