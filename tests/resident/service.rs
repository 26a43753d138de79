//! A service whose handlers keep what they are given.

use std::future::pending;
use std::pin::pin;

use protobuf::descriptor::{FileDescriptorProto, SourceCodeInfo};
use protobuf::well_known_types::empty::Empty;
use protobuf::well_known_types::field_mask::FieldMask;
use protobuf::well_known_types::struct_::Struct;
use protobuf::well_known_types::wrappers::{BytesValue, StringValue};
use puregrpc::codegen::{BoxFuture, Call, Service};
use puregrpc::{Message, Response, Status};

use crate::load::Kind;

/// Methods for each kind of message, twice: of the first ones the requests are single messages, of the others streams.
pub(crate) struct Holder;

impl Service for Holder {
    const NAME: &'static str = "hold.Hold";
    const METHODS: &'static [&'static str] = &[
        "Files",
        "Struct",
        "Mask",
        "Numbers",
        "Bytes",
        "Text",
        "Empty",
        "StreamFiles",
        "StreamStruct",
        "StreamMask",
        "StreamNumbers",
        "StreamBytes",
        "StreamText",
        "StreamEmpty",
        "Unread",
    ];

    fn call(&self, method: usize, call: Call) -> BoxFuture {
        let Some(kind) = Kind::ALL.get(method % Kind::ALL.len()).filter(|_| method < UNREAD) else {
            return unread(call);
        };
        let hold = if method < Kind::ALL.len() { HOLD } else { STREAM };
        hold[*kind as usize](call)
    }
}

const HOLD: [fn(Call) -> BoxFuture; 7] = [
    hold::<FileDescriptorProto>,
    hold::<Struct>,
    hold::<FieldMask>,
    hold::<SourceCodeInfo>,
    hold::<BytesValue>,
    hold::<StringValue>,
    hold::<Empty>,
];

const STREAM: [fn(Call) -> BoxFuture; 7] = [
    stream::<FileDescriptorProto>,
    stream::<Struct>,
    stream::<FieldMask>,
    stream::<SourceCodeInfo>,
    stream::<BytesValue>,
    stream::<StringValue>,
    stream::<Empty>,
];

/// Keeps the request for ever.
fn hold<M: Message>(call: Call) -> BoxFuture {
    let (mut inbound, mut driver) = call.split();
    Box::pin(async move {
        let result = {
            let handler = pin!(async {
                let _request = inbound.message::<M>().await?;
                pending::<Result<Response<Empty>, Status>>().await
            });
            driver.run(handler).await
        };
        driver.answer(result).await;
    })
}

/// Keeps the first message for ever, and asks for no more: what a handler keeps beyond that is its own affair.
fn stream<M: Message>(call: Call) -> BoxFuture {
    let (inbound, mut driver) = call.split();
    let mut requests = driver.receiver::<M>(inbound);
    Box::pin(async move {
        let result = {
            let handler = pin!(async {
                let _request = requests.recv().await?;
                pending::<Result<Response<Empty>, Status>>().await
            });
            driver.run(handler).await
        };
        driver.answer(result).await;
    })
}

/// Reads nothing.
fn unread(call: Call) -> BoxFuture {
    let (inbound, mut driver) = call.split();
    let _requests = driver.receiver::<Empty>(inbound);
    Box::pin(async move {
        let _requests = _requests;
        let result = {
            let handler = pin!(pending::<Result<Response<Empty>, Status>>());
            driver.run(handler).await
        };
        driver.answer(result).await;
    })
}

/// The number of the method that reads nothing.
const UNREAD: usize = 2 * Kind::ALL.len();
