//! The calls, of each kind.

use std::time::Duration;

use puregrpc::protobuf::well_known_types::any::Any;
use puregrpc::protobuf::{Message, MessageFull};
use puregrpc::{CancelHandle, Channel, Receiver, Request, Response, Status};
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
    let call = Call { wanted, handle: CancelHandle::new() };
    match wanted.method.as_deref().unwrap_or_default() {
        "Unary" => Ok(call.one(client.unary(call.only()?)).await),
        "IdempotentUnary" => Ok(call.one(client.idempotent_unary(call.only()?)).await),
        "Unimplemented" => Ok(call.one(client.unimplemented(call.only()?)).await),
        "ServerStream" => {
            let mut result = ClientResponseResult::default();
            match client.server_stream(call.only()?).await {
                Ok(mut replies) => call.receive(&mut replies, &mut result).await,
                Err(status) => failed(&status, &mut result),
            }
            Ok(result)
        }
        "ClientStream" => call.client_stream(&client).await,
        "BidiStream" => call.bidi_stream(&client).await,
        other => Err(format!("there is no method {other:?}").into()),
    }
}

/// One call, and what cancels it.
struct Call<'a> {
    wanted: &'a ClientCompatRequest,
    handle: CancelHandle,
}

impl Call<'_> {
    /// A call with one request and one answer.
    async fn one<R: Payload>(&self, call: impl Future<Output = Result<Response<R>, Status>>) -> ClientResponseResult {
        let mut result = ClientResponseResult::default();
        self.cancel_in_time();
        answered(call.await, &mut result);
        result
    }

    async fn client_stream(&self, client: &ConformanceServiceClient) -> Result<ClientResponseResult, Failure> {
        let mut result = ClientResponseResult::default();
        let messages = unpacked::<ClientStreamRequest>(&self.wanted.request_messages)?;
        let mut call = match client.client_stream(self.with_head(())?).await {
            Ok(call) => call,
            Err(status) => {
                failed(&status, &mut result);
                return Ok(result);
            }
        };
        for (number, message) in messages.iter().enumerate() {
            pause(self.wanted.request_delay_ms).await;
            if call.send(message).await.is_err() {
                result.num_unsent_requests = i32::try_from(messages.len() - number)?;
                break;
            }
        }
        self.cancel_before_closing();
        self.cancel_in_time();
        answered(call.finish().await, &mut result);
        Ok(result)
    }

    async fn bidi_stream(&self, client: &ConformanceServiceClient) -> Result<ClientResponseResult, Failure> {
        let mut result = ClientResponseResult::default();
        let messages = unpacked::<BidiStreamRequest>(&self.wanted.request_messages)?;
        let (mut requests, mut replies) = match client.bidi_stream(self.with_head(())?).await {
            Ok(halves) => halves,
            Err(status) => {
                failed(&status, &mut result);
                return Ok(result);
            }
        };
        let full_duplex = self.wanted.stream_type.enum_value() == Ok(StreamType::STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM);
        for (number, message) in messages.iter().enumerate() {
            pause(self.wanted.request_delay_ms).await;
            if requests.send(message).await.is_err() {
                result.num_unsent_requests = i32::try_from(messages.len() - number)?;
                break;
            }
            if full_duplex && !self.next(&mut replies, &mut result).await {
                head_and_tail(&replies, &mut result);
                return Ok(result);
            }
        }
        self.cancel_before_closing();
        requests.close();
        self.receive(&mut replies, &mut result).await;
        Ok(result)
    }

    /// Receives the rest of a stream.
    async fn receive<R: Payload>(&self, replies: &mut Receiver<R>, result: &mut ClientResponseResult) {
        self.cancel_in_time();
        while self.next(replies, result).await {}
        head_and_tail(replies, result);
    }

    /// Receives one answer; says whether there may be more.
    async fn next<R: Payload>(&self, replies: &mut Receiver<R>, result: &mut ClientResponseResult) -> bool {
        match replies.recv().await {
            Ok(Some(reply)) => {
                result.payloads.push(reply.payload());
                if self.cancels_after_answers() == Some(result.payloads.len()) {
                    self.handle.cancel();
                }
                true
            }
            Ok(None) => false,
            Err(status) => {
                result.error = Some(error(&status)).into();
                false
            }
        }
    }

    /// The one request of a call, with its metadata and its deadline.
    fn only<Q: MessageFull>(&self) -> Result<Request<Q>, Failure> {
        let mut messages = unpacked(&self.wanted.request_messages)?;
        match (messages.pop(), messages.is_empty()) {
            (Some(message), true) => self.with_head(message),
            _ => Err(format!("{} needs one request", self.wanted.test_name).into()),
        }
    }

    fn with_head<Q>(&self, message: Q) -> Result<Request<Q>, Failure> {
        let mut request = Request::new(message).with_cancel_handle(&self.handle);
        headers::add(&self.wanted.request_headers, request.metadata_mut())?;
        Ok(match self.wanted.timeout_ms {
            Some(time) => request.with_timeout(Duration::from_millis(time.into())),
            None => request,
        })
    }

    fn timing(&self) -> Option<&Cancel_timing> {
        self.wanted.cancel.as_ref()?.cancel_timing.as_ref()
    }

    fn cancel_before_closing(&self) {
        if let Some(Cancel_timing::BeforeCloseSend(_)) = self.timing() {
            self.handle.cancel();
        }
    }

    fn cancels_after_answers(&self) -> Option<usize> {
        match self.timing() {
            Some(Cancel_timing::AfterNumResponses(count)) => usize::try_from(*count).ok(),
            _ => None,
        }
    }

    /// Cancels the call later if it is to be cancelled after it was closed, which it is now.
    fn cancel_in_time(&self) {
        let time = match (self.wanted.cancel.is_some(), self.timing()) {
            (true, None) => 0,
            (_, Some(Cancel_timing::AfterCloseSendMs(time))) => *time,
            _ => return,
        };
        let handle = self.handle.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(time.into())).await;
            handle.cancel();
        });
    }
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

fn unpacked<Q: MessageFull>(messages: &[Any]) -> Result<Vec<Q>, Failure> {
    let unpack = |message: &Any| {
        message.unpack()?.ok_or_else(|| Failure::from(format!("{} is no request of this method", message.type_url)))
    };
    messages.iter().map(unpack).collect()
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
