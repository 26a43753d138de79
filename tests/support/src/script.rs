//! A service whose handlers each test writes itself.

use puregrpc::{
    Receiver, Request, Response, Sender, Status,
    codegen::{BoxFuture, Call, Service},
    protobuf::well_known_types::wrappers::BytesValue,
};
use std::{fmt, future::Future, pin::Pin, pin::pin, sync::Arc};

/// What a scripted handler returns.
pub type Handling<'a, T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send + 'a>>;

type Unary = dyn Fn(Request<BytesValue>) -> Handling<'static, Response<BytesValue>> + Send + Sync;
type ServerStream = dyn for<'a> Fn(Request<BytesValue>, &'a mut Sender<BytesValue>) -> Handling<'a, ()> + Send + Sync;
type ClientStream = dyn for<'a> Fn(&'a mut Receiver<BytesValue>) -> Handling<'a, Response<BytesValue>> + Send + Sync;
type Bidi = dyn for<'a> Fn(&'a mut Receiver<BytesValue>, &'a mut Sender<BytesValue>) -> Handling<'a, ()> + Send + Sync;

/// The service `wire.Wire`, which carries notes (a message with one field, `bytes value = 1`), one method for each
/// kind of call.
///
/// A handler that no test has replaced echoes: `Unary` the note, `ServerStream` the note three times, `ClientStream`
/// all notes in one, `Bidi` each note as it comes.
#[derive(Clone)]
pub struct Script {
    unary: Arc<Unary>,
    server_stream: Arc<ServerStream>,
    client_stream: Arc<ClientStream>,
    bidi: Arc<Bidi>,
}

impl Script {
    /// The service that echoes.
    pub fn echo() -> Self {
        Self {
            unary: Arc::new(|request| Box::pin(async move { Ok(Response::new(request.into_inner())) })),
            server_stream: Arc::new(|request, replies| {
                Box::pin(async move {
                    for _ in 0..3 {
                        replies.send(&request).await?;
                    }
                    Ok(())
                })
            }),
            client_stream: Arc::new(|requests| {
                Box::pin(async move {
                    let mut all = BytesValue::new();
                    while let Some(note) = requests.recv().await? {
                        all.value.extend_from_slice(&note.value);
                    }
                    Ok(all.into())
                })
            }),
            bidi: Arc::new(|requests, replies| {
                Box::pin(async move {
                    while let Some(note) = requests.recv().await? {
                        replies.send(&note).await?;
                    }
                    Ok(())
                })
            }),
        }
    }

    /// Replaces the handler of [`UNARY`].
    pub fn unary<F>(self, handler: F) -> Self
    where
        F: Fn(Request<BytesValue>) -> Handling<'static, Response<BytesValue>> + Send + Sync + 'static,
    {
        Self { unary: Arc::new(handler), ..self }
    }

    /// Replaces the handler of [`SERVER_STREAM`].
    pub fn server_stream<F>(self, handler: F) -> Self
    where
        F: for<'a> Fn(Request<BytesValue>, &'a mut Sender<BytesValue>) -> Handling<'a, ()> + Send + Sync + 'static,
    {
        Self { server_stream: Arc::new(handler), ..self }
    }

    /// Replaces the handler of [`CLIENT_STREAM`].
    pub fn client_stream<F>(self, handler: F) -> Self
    where
        F: for<'a> Fn(&'a mut Receiver<BytesValue>) -> Handling<'a, Response<BytesValue>> + Send + Sync + 'static,
    {
        Self { client_stream: Arc::new(handler), ..self }
    }

    /// Replaces the handler of [`BIDI`].
    pub fn bidi<F>(self, handler: F) -> Self
    where
        F: for<'a> Fn(&'a mut Receiver<BytesValue>, &'a mut Sender<BytesValue>) -> Handling<'a, ()>
            + Send
            + Sync
            + 'static,
    {
        Self { bidi: Arc::new(handler), ..self }
    }
}

/// The path of the unary method.
pub const UNARY: &str = "/wire.Wire/Unary";
/// The path of the server-streaming method.
pub const SERVER_STREAM: &str = "/wire.Wire/ServerStream";
/// The path of the client-streaming method.
pub const CLIENT_STREAM: &str = "/wire.Wire/ClientStream";
/// The path of the method that streams both ways.
pub const BIDI: &str = "/wire.Wire/Bidi";

/// A note with this value.
pub fn noted(value: impl AsRef<[u8]>) -> BytesValue {
    let mut note = BytesValue::new();
    note.value = value.as_ref().into();
    note
}

// What the generator writes for a service with these four methods, the trait's methods replaced by the closures.
impl Service for Script {
    const NAME: &'static str = "wire.Wire";
    const METHODS: &'static [&'static str] = &["Unary", "ServerStream", "ClientStream", "Bidi"];

    fn call(&self, method: usize, call: Call) -> BoxFuture {
        let script = self.clone();
        match method {
            0 => {
                let (mut inbound, mut driver) = call.split();
                Box::pin(async move {
                    let result = {
                        let handler = pin!(async { (script.unary)(inbound.message().await?).await });
                        driver.run(handler).await
                    };
                    driver.answer(result).await;
                })
            }
            1 => {
                let (mut inbound, mut driver) = call.split();
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = {
                        let handler =
                            pin!(async { (script.server_stream)(inbound.message().await?, &mut replies).await });
                        driver.run(handler).await
                    };
                    driver.finish(result, &mut replies).await;
                })
            }
            2 => {
                let (inbound, mut driver) = call.split();
                let mut requests = driver.receiver(inbound);
                Box::pin(async move {
                    let result = {
                        let handler = pin!((script.client_stream)(&mut requests));
                        driver.run(handler).await
                    };
                    driver.answer(result).await;
                })
            }
            3 => {
                let (inbound, mut driver) = call.split();
                let mut requests = driver.receiver(inbound);
                let mut replies = driver.sender();
                Box::pin(async move {
                    let result = {
                        let handler = pin!((script.bidi)(&mut requests, &mut replies));
                        driver.run(handler).await
                    };
                    driver.finish(result, &mut replies).await;
                })
            }
            _ => call.unimplemented(),
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Script").finish_non_exhaustive()
    }
}
