//! The conformance service: answers as its requests ask.

use std::time::Duration;

use puregrpc::bytes::Bytes;
use puregrpc::protobuf::well_known_types::any::Any;
use puregrpc::protobuf::{Message, MessageFull};
use puregrpc::{Code, Metadata, Receiver, Request, Response, Sender, Status};
use tokio::time::sleep;

use puregrpc_interop::conformance::connectrpc::conformance::v1::conformance_payload::RequestInfo;
use puregrpc_interop::conformance::connectrpc::conformance::v1::unary_response_definition::Response as Wanted;
use puregrpc_interop::conformance::connectrpc::conformance::v1::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse, ConformancePayload,
    ConformanceService, Error, IdempotentUnaryRequest, IdempotentUnaryResponse, ServerStreamRequest,
    ServerStreamResponse, StreamResponseDefinition, UnaryRequest, UnaryResponse, UnaryResponseDefinition,
    UnimplementedRequest, UnimplementedResponse,
};
use puregrpc_interop::conformance::google::rpc;
use puregrpc_interop::headers;

#[derive(Debug)]
pub(super) struct Echo;

impl ConformanceService for Echo {
    async fn unary(&self, request: Request<UnaryRequest>) -> Result<Response<UnaryResponse>, Status> {
        let info = about(request.metadata(), request.time_left(), &[&*request])?;
        let answer =
            answer(request.response_definition.as_ref(), info, |headers| request.send_headers(headers)).await?;
        Ok(answer.map(|payload| UnaryResponse { payload: Some(payload).into(), ..Default::default() }))
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let info = about(request.metadata(), request.time_left(), &[&*request])?;
        let answer =
            answer(request.response_definition.as_ref(), info, |headers| request.send_headers(headers)).await?;
        Ok(answer.map(|payload| IdempotentUnaryResponse { payload: Some(payload).into(), ..Default::default() }))
    }

    async fn client_stream(
        &self,
        requests: &mut Receiver<ClientStreamRequest>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let (time_left, mut all) = (requests.time_left(), Vec::new());
        while let Some(request) = requests.recv().await? {
            all.push(request);
        }
        let info = about(requests.metadata(), time_left, &all.iter().collect::<Vec<_>>())?;
        let definition = all.first().and_then(|first| first.response_definition.as_ref());
        let answer = answer(definition, info, |headers| requests.send_headers(headers)).await?;
        Ok(answer.map(|payload| ClientStreamResponse { payload: Some(payload).into(), ..Default::default() }))
    }

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
        replies: &mut Sender<ServerStreamResponse>,
    ) -> Result<(), Status> {
        let info = about(request.metadata(), request.time_left(), &[&*request])?;
        let Some(definition) = request.response_definition.as_ref() else { return Ok(()) };
        begin(definition, replies)?;
        let mut info = Some(info);
        for data in &definition.response_data {
            pause(definition.response_delay_ms).await;
            let payload = payload(data, info.take());
            replies.send(&ServerStreamResponse { payload: Some(payload).into(), ..Default::default() }).await?;
        }
        end(definition, info)
    }

    async fn bidi_stream(
        &self,
        requests: &mut Receiver<BidiStreamRequest>,
        replies: &mut Sender<BidiStreamResponse>,
    ) -> Result<(), Status> {
        let mut info = Some(about::<BidiStreamRequest>(requests.metadata(), requests.time_left(), &[])?);
        let (mut definition, mut full_duplex) = (None, false);
        let mut seen = Vec::new();
        let mut answered = 0;
        while let Some(request) = requests.recv().await? {
            seen.push(packed(&request)?);
            if definition.is_none() {
                full_duplex = request.full_duplex;
                let first = request.response_definition.into_option().unwrap_or_default();
                begin(&first, replies)?;
                definition = Some(first);
            }
            let Some(definition) = definition.as_ref().filter(|_| full_duplex) else { continue };
            let Some(data) = definition.response_data.get(answered) else { break };
            pause(definition.response_delay_ms).await;
            let mut about = info.take().unwrap_or_default();
            about.requests = std::mem::take(&mut seen);
            reply(replies, payload(data, Some(about))).await?;
            answered += 1;
        }
        let Some(definition) = definition else { return Ok(()) };
        if let Some(info) = &mut info {
            info.requests = seen;
        }
        for data in &definition.response_data[answered..] {
            pause(definition.response_delay_ms).await;
            reply(replies, payload(data, info.take())).await?;
        }
        end(&definition, info)
    }

    async fn unimplemented(&self, _: Request<UnimplementedRequest>) -> Result<Response<UnimplementedResponse>, Status> {
        Err(Status::unimplemented("the conformance suite wants it so"))
    }
}

/// One answer, or the error that is asked for. Headers that are asked for are sent before anything is waited for.
async fn answer(
    definition: Option<&UnaryResponseDefinition>,
    info: RequestInfo,
    send_headers: impl FnOnce(Metadata) -> Result<(), Status>,
) -> Result<Response<ConformancePayload>, Status> {
    let nothing = UnaryResponseDefinition::default();
    let definition = definition.unwrap_or(&nothing);
    if !definition.response_headers.is_empty() {
        let mut metadata = Metadata::new();
        headers::add(&definition.response_headers, &mut metadata)?;
        send_headers(metadata)?;
    }
    pause(definition.response_delay_ms).await;
    let data = match &definition.response {
        Some(Wanted::Error(error)) => {
            let mut status = failure(error, Some(info))?;
            headers::add(&definition.response_trailers, status.metadata_mut())?;
            return Err(status);
        }
        Some(Wanted::ResponseData(data)) => data.clone(),
        _ => Bytes::new(),
    };
    let mut response = Response::new(payload(&data, Some(info)));
    headers::add(&definition.response_trailers, response.trailers_mut())?;
    Ok(response)
}

/// Sends the headers, before anything is waited for.
fn begin<M: puregrpc::Message>(definition: &StreamResponseDefinition, replies: &mut Sender<M>) -> Result<(), Status> {
    let mut metadata = Metadata::new();
    headers::add(&definition.response_headers, &mut metadata)?;
    headers::add(&definition.response_trailers, replies.trailers_mut())?;
    replies.send_headers(metadata)
}

async fn reply(replies: &mut Sender<BidiStreamResponse>, payload: ConformancePayload) -> Result<(), Status> {
    replies.send(&BidiStreamResponse { payload: Some(payload).into(), ..Default::default() }).await
}

/// How a stream of answers ends; the description of the request is there if no answer has borne it.
fn end(definition: &StreamResponseDefinition, info: Option<RequestInfo>) -> Result<(), Status> {
    match definition.error.as_ref() {
        None => Ok(()),
        Some(error) => Err(failure(error, info)?),
    }
}

fn failure(error: &Error, info: Option<RequestInfo>) -> Result<Status, Status> {
    let mut details = error.details.clone();
    if let Some(info) = info {
        details.push(packed(&info)?);
    }
    let code = Code::from(error.code.value());
    let rich = rpc::Status {
        code: code.into(),
        message: error.message.clone().unwrap_or_default(),
        details,
        ..Default::default()
    };
    let bytes = rich.write_to_bytes().map_err(|error| unwritable(&error))?;
    Ok(Status::new(code, rich.message).with_details(bytes))
}

fn about<M: MessageFull>(
    metadata: &Metadata,
    time_left: Option<Duration>,
    requests: &[&M],
) -> Result<RequestInfo, Status> {
    Ok(RequestInfo {
        request_headers: headers::of(metadata),
        timeout_ms: time_left.and_then(|time| i64::try_from(time.as_millis()).ok()),
        requests: requests.iter().map(|request| packed(*request)).collect::<Result<_, _>>()?,
        ..Default::default()
    })
}

fn packed(message: &impl MessageFull) -> Result<Any, Status> {
    Any::pack(message).map_err(|error| unwritable(&error))
}

fn payload(data: &Bytes, info: Option<RequestInfo>) -> ConformancePayload {
    ConformancePayload { data: data.clone(), request_info: info.into(), ..Default::default() }
}

async fn pause(milliseconds: u32) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds.into())).await;
    }
}

fn unwritable(error: &puregrpc::protobuf::Error) -> Status {
    Status::internal(error.to_string())
}
