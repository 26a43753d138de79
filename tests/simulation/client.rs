//! One call, as its client makes it and sees it.

use std::sync::Arc;

use puregrpc::protobuf::well_known_types::wrappers::BytesValue;
use puregrpc::{Channel, Code, Receiver, Request, Response, Sender, Status};
use puregrpc_support::{BIDI, CLIENT_STREAM, SERVER_STREAM, UNARY, noted};
use tokio::time::timeout;

use crate::content::{Seen, Way};
use crate::plan::{Cancel, Kind, Plan};
use crate::service::CALL;
use crate::world::{End, World};

/// Makes a call as planned.
pub(crate) async fn call(world: Arc<World>, channel: Channel, plan: Arc<Plan>) {
    world.until(plan.start.max(world.now())).await;
    let now = world.now();
    world.record(plan.id, |record| record.began = now);
    world.note(|| format!("call {} begins: {plan:?}", plan.id));
    let caller = Caller { world: &world, channel: &channel, plan: &plan };
    let end = match plan.cancel {
        Some(Cancel::After(time)) => timeout(time, caller.make()).await.unwrap_or(End::Dropped),
        _ => caller.make().await,
    };
    world.note(|| format!("call {} ends: {end:?}", plan.id));
    let now = world.now();
    world.record(plan.id, |record| record.ends.push((end, now)));
}

struct Caller<'a> {
    world: &'a World,
    channel: &'a Channel,
    plan: &'a Plan,
}

impl Caller<'_> {
    async fn make(&self) -> End {
        match self.plan.kind {
            Kind::Unary => end(self.unary().await),
            Kind::ServerStream => match self.channel.server_streaming(SERVER_STREAM, self.request()).await {
                Ok(receiver) => self.receive(receiver).await,
                Err(status) => error(&status),
            },
            Kind::ClientStream => end(self.collect().await),
            Kind::PingPong | Kind::Duplex => self.converse().await,
        }
    }

    async fn unary(&self) -> Result<(), Status> {
        let response = self.channel.unary(UNARY, self.request()).await?;
        self.take_single(&response);
        Ok(())
    }

    async fn collect(&self) -> Result<(), Status> {
        let mut call = self.channel.client_streaming(CLIENT_STREAM, self.head(())).await?;
        let mut told = None;
        for sequence in 0..self.plan.count(Way::Request) {
            self.pause(self.plan.client_pause.send, sequence).await;
            if self.plan.cancel == Some(Cancel::Sender(sequence)) {
                return Err(Status::cancelled("as planned"));
            }
            if let Err(status) = call.send(&self.message(sequence)).await {
                told = Some(status);
                break;
            }
            self.sent();
        }
        let finished = call.finish().await;
        self.compare(told.as_ref(), &finished.as_ref().map_or_else(error, |_| End::Ok));
        self.take_single(&finished?);
        Ok(())
    }

    /// Both ways at once.
    async fn converse(&self) -> End {
        let (sender, receiver) = match self.channel.bidi_streaming(BIDI, self.head(())).await {
            Ok(halves) => halves,
            Err(status) => return error(&status),
        };
        let (told, end) = tokio::join!(self.send_all(sender), self.receive(receiver));
        if end != End::Dropped {
            self.compare(told.as_ref(), &end);
        }
        end
    }

    /// Sends all requests; gives the error that ends it before.
    async fn send_all(&self, mut sender: Sender<BytesValue>) -> Option<Status> {
        for sequence in 0..self.plan.count(Way::Request) {
            self.pause(self.plan.client_pause.send, sequence).await;
            if self.plan.cancel == Some(Cancel::Sender(sequence)) {
                return None;
            }
            if let Err(status) = sender.send(&self.message(sequence)).await {
                return Some(status);
            }
            self.sent();
        }
        sender.close();
        None
    }

    /// Receives to the end, which must stay as it is.
    async fn receive(&self, mut receiver: Receiver<BytesValue>) -> End {
        for sequence in 0.. {
            self.pause(self.plan.client_pause.recv, sequence).await;
            if self.plan.cancel == Some(Cancel::Receiver(sequence)) {
                return End::Dropped;
            }
            let received = receiver.recv().await;
            if let Ok(Some(message)) = received {
                self.take(sequence, &message);
                continue;
            }
            let last = end(received.map(drop));
            let again = receiver.recv().await;
            if matches!(again, Ok(Some(_))) || end(again.map(drop)) != last {
                self.world.violation(format!("call {}: it has ended with {last:?} and then otherwise", self.plan.id));
            }
            return last;
        }
        unreachable!("there is always a next number")
    }

    fn take_single(&self, response: &Response<BytesValue>) {
        self.take(0, response);
    }

    fn take(&self, sequence: usize, message: &BytesValue) {
        let content = self.plan.content(Way::Reply, sequence);
        if !content.is(&message.value) || sequence >= self.plan.count(Way::Reply) {
            let (call, seen) = (self.plan.id, Seen(&message.value));
            self.world.violation(format!("call {call}: in the place of reply {sequence} came {seen}"));
        }
        self.world.record(self.plan.id, |record| record.client.received += 1);
    }

    fn sent(&self) {
        self.world.record(self.plan.id, |record| record.client.sent += 1);
    }

    /// The error of a sender is how the call has ended. After OK there is no error of the call: the sender fails with
    /// CANCELLED then, in words that say so.
    fn compare(&self, told: Option<&Status>, end: &End) {
        let Some(told) = told else { return };
        let matches = match end {
            End::Ok => told.code() == Code::Cancelled && told.message().contains("ended the call with OK"),
            end => error(told) == *end,
        };
        if !matches {
            let told = error(told);
            self.world.violation(format!("call {}: its sender was told {told:?}, it ended {end:?}", self.plan.id));
        }
    }

    fn message(&self, sequence: usize) -> BytesValue {
        noted(self.plan.content(Way::Request, sequence).bytes())
    }

    fn request(&self) -> Request<BytesValue> {
        self.head(self.message(0))
    }

    fn head<T>(&self, message: T) -> Request<T> {
        let request = Request::new(message).with_metadata(CALL, self.plan.id.to_string()).expect("it is ASCII");
        match self.plan.deadline {
            Some(deadline) => request.with_timeout(deadline),
            None => request,
        }
    }

    async fn pause(&self, pause: Option<(usize, std::time::Duration)>, sequence: usize) {
        if let Some((_, time)) = pause.filter(|(at, _)| *at == sequence) {
            self.world.pass(time).await;
        }
    }
}

fn end(result: Result<(), Status>) -> End {
    result.map_or_else(|status| error(&status), |()| End::Ok)
}

fn error(status: &Status) -> End {
    End::Error(status.code(), status.message().to_owned())
}
