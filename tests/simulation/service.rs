//! The handlers: each does what the plan of its call says, and writes down what it sees.

use std::sync::Arc;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Metadata, Receiver, Request, Response, Sender, Status};
use puregrpc_support::{Script, noted};

use crate::content::{Seen, Way};
use crate::plan::{Kind, Plan, Verdict};
use crate::world::World;

/// The name of the metadata that says which call it is.
pub(crate) const CALL: &str = "x-call";

/// The service of a run.
pub(crate) fn service(world: &Arc<World>) -> Script {
    let [unary, list, collect, chat] = [(); 4].map(|()| Arc::clone(world));
    Script::echo()
        .unary(move |request| {
            let world = Arc::clone(&unary);
            Box::pin(async move {
                let handler = Handler::begin(world, request.metadata())?;
                handler.take(0, &request);
                handler.ended_requests();
                handler.single().await
            })
        })
        .server_stream(move |request, replies| {
            let world = Arc::clone(&list);
            Box::pin(async move { stream(world, request, replies).await })
        })
        .client_stream(move |requests| {
            let world = Arc::clone(&collect);
            Box::pin(async move {
                let handler = Handler::begin(world, requests.metadata())?;
                handler.receive(requests, None).await?;
                handler.single().await
            })
        })
        .bidi(move |requests, replies| {
            let world = Arc::clone(&chat);
            Box::pin(async move { converse(world, requests, replies).await })
        })
}

async fn stream(
    world: Arc<World>,
    request: Request<BytesValue>,
    replies: &mut Sender<BytesValue>,
) -> Result<(), Status> {
    let handler = Handler::begin(world, request.metadata())?;
    handler.take(0, &request);
    handler.ended_requests();
    handler.send_all(replies).await?;
    handler.end().await
}

async fn converse(
    world: Arc<World>,
    requests: &mut Receiver<BytesValue>,
    replies: &mut Sender<BytesValue>,
) -> Result<(), Status> {
    let handler = Handler::begin(world, requests.metadata())?;
    if handler.plan.kind == Kind::PingPong {
        handler.receive(requests, Some(replies)).await?;
    } else {
        let (sent, received) = tokio::join!(handler.send_all(replies), handler.receive(requests, None));
        sent.and(received)?;
    }
    handler.end().await
}

/// One run of a handler; that it is dropped is counted, too.
struct Handler {
    world: Arc<World>,
    plan: Arc<Plan>,
}

impl Handler {
    fn begin(world: Arc<World>, metadata: &Metadata) -> Result<Self, Status> {
        let call = metadata.get(CALL).and_then(|call| call.parse::<usize>().ok());
        let Some(plan) = call.and_then(|call| world.plans.get(call)) else {
            world.violation(format!("a handler began for the call {call:?}, which nobody makes"));
            return Err(Status::internal("no such call"));
        };
        let plan = Arc::clone(plan);
        world.lock().handlers += 1;
        world.record(plan.id, |record| record.starts += 1);
        world.note(|| format!("call {} handler begins", plan.id));
        Ok(Self { world, plan })
    }

    fn take(&self, sequence: usize, message: &BytesValue) {
        if !self.plan.content(Way::Request, sequence).is(&message.value) {
            let (call, seen) = (self.plan.id, Seen(&message.value));
            self.world.violation(format!("call {call}: in the place of request {sequence} came {seen}"));
        }
        self.world.record(self.plan.id, |record| record.server.received += 1);
    }

    fn ended_requests(&self) {
        self.world.record(self.plan.id, |record| record.server.saw_end = true);
    }

    /// Receives, and answers each message if there is a sender, until the client ends its stream or the plan says
    /// that it was enough.
    async fn receive(
        &self,
        requests: &mut Receiver<BytesValue>,
        mut replies: Option<&mut Sender<BytesValue>>,
    ) -> Result<(), Status> {
        for sequence in 0.. {
            if self.plan.early == Some(sequence) {
                break;
            }
            self.pause(self.plan.server_pause.recv, sequence).await;
            let Some(message) = requests.recv().await? else {
                self.ended_requests();
                break;
            };
            self.take(sequence, &message);
            if let Some(replies) = &mut replies {
                self.send(replies, sequence).await?;
            }
        }
        Ok(())
    }

    async fn send_all(&self, replies: &mut Sender<BytesValue>) -> Result<(), Status> {
        for sequence in 0..self.plan.count(Way::Reply) {
            self.send(replies, sequence).await?;
        }
        Ok(())
    }

    async fn send(&self, replies: &mut Sender<BytesValue>, sequence: usize) -> Result<(), Status> {
        self.pause(self.plan.server_pause.send, sequence).await;
        replies.send(&noted(self.plan.content(Way::Reply, sequence).bytes())).await?;
        self.world.record(self.plan.id, |record| record.server.sent += 1);
        Ok(())
    }

    /// The end of a call with one answer.
    async fn single(&self) -> Result<Response<BytesValue>, Status> {
        self.pause(self.plan.server_pause.send, 0).await;
        self.end().await?;
        self.world.record(self.plan.id, |record| record.server.sent += 1);
        Ok(noted(self.plan.content(Way::Reply, 0).bytes()).into())
    }

    async fn end(&self) -> Result<(), Status> {
        let verdict = match self.plan.verdict {
            Verdict::Hang => std::future::pending().await,
            Verdict::Ok => Ok(()),
            Verdict::Error(code) => Err(code),
        };
        self.world.note(|| format!("call {} handler ends: {verdict:?}", self.plan.id));
        self.world.record(self.plan.id, |record| record.verdict = Some(verdict));
        verdict.map_err(|code| Status::new(code, error_of(&self.plan)))
    }

    async fn pause(&self, pause: Option<(usize, std::time::Duration)>, sequence: usize) {
        if let Some((_, time)) = pause.filter(|(at, _)| *at == sequence) {
            self.world.pass(time).await;
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.world.lock().handlers -= 1;
        self.world.note(|| format!("call {} handler is dropped", self.plan.id));
    }
}

/// What a handler that ends its call with an error says.
pub(crate) fn error_of(plan: &Plan) -> String {
    format!("as call {} was to end", plan.id)
}
