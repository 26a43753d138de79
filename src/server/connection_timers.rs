//! What a connection needs besides its calls: to begin, to live and to end in time.

use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::server::limits::Limits;
use crate::transport::{Alarm, Breach, BufferedIo, Gone, IoHandle, Pinger, Pulse};

/// The timers of one connection, on one alarm.
pub(crate) struct ConnectionTimers {
    alarm: Alarm,
    begun: bool,
    /// When the client's SETTINGS must have come.
    greeting: Option<Instant>,
    header_block_timeout: Duration,
    pinger: Option<Pinger>,
    idle: Option<Duration>,
    grace: Option<Duration>,
    /// When the connection is too old.
    end: Option<Instant>,
    /// Since when it takes no new calls.
    leaving: Option<Instant>,
    /// Whether calls ran when this was last asked, and when it was last no more so.
    busy: bool,
    rested: Instant,
}

impl ConnectionTimers {
    pub(crate) fn new(limits: &Limits, h2: &mut h2::server::Connection<BufferedIo, Bytes>) -> Self {
        let now = Instant::now();
        let age =
            limits.max_connection_age.map(|age| age.min(LONGEST).mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0)));
        Self {
            alarm: Alarm::default(),
            begun: false,
            greeting: now.checked_add(limits.handshake_timeout),
            header_block_timeout: limits.header_block_timeout,
            pinger: limits.keepalive_time.map(|time| Pinger::new(time, limits.keepalive_timeout, h2.ping_pong())),
            idle: limits.max_connection_idle,
            grace: limits.max_connection_age_grace,
            end: age.and_then(|age| now.checked_add(age)),
            leaving: None,
            busy: false,
            rested: now,
        }
    }

    /// Does what is due at the end of a turn; ready with the reason when the connection is to be cut.
    ///
    /// `stalled` tells since when the client has left something unfinished,
    /// `busy` whether handlers run for it.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        h2: &mut h2::server::Connection<BufferedIo, Bytes>,
        io: &IoHandle,
        stalled: Option<Instant>,
        busy: bool,
    ) -> Poll<&'static str> {
        if self.busy && !busy {
            self.rested = Instant::now();
        }
        self.busy = busy;
        if let Some(since) = stalled
            && let Some(end) = since.checked_add(self.header_block_timeout)
        {
            self.alarm.hasten(cx, end);
        }
        if self.begun && !self.alarm.is_due() { Poll::Pending } else { self.work(cx, h2, io) }
    }

    /// Looks at everything, and sets the alarm for what comes next.
    #[cold]
    fn work(
        &mut self,
        cx: &mut Context<'_>,
        h2: &mut h2::server::Connection<BufferedIo, Bytes>,
        io: &IoHandle,
    ) -> Poll<&'static str> {
        self.begun = true;
        let now = Instant::now();
        let pulse = io.pulse();
        if let Some(breach) = self.breach(now, pulse) {
            io.condemn(breach);
            return Poll::Ready(breach.fault());
        }
        let open = self.busy || h2.has_streams();
        let ping = match self.pinger.as_mut().map(|pinger| pinger.poll(cx, now, pulse.last_read)).transpose() {
            Ok(next) => next.flatten(),
            Err(Gone) => {
                return Poll::Ready("the peer did not answer a ping in time");
            }
        };
        if self.is_over(now, pulse, open) && self.leaving.is_none() {
            self.leaving = Some(now);
            h2.graceful_shutdown();
            // For h2 to say it.
            cx.waker().wake_by_ref();
        }
        let leave = self.leave(now, open);
        if leave.is_some_and(|time| time <= now) {
            return Poll::Ready("the grace of a connection that has become too old is over");
        }
        let stalled = pulse.stalled.and_then(|since| since.checked_add(self.header_block_timeout));
        let age = self.end.filter(|_| self.leaving.is_none());
        let next = [self.greeting, stalled, ping, age, self.idle_end(now, pulse, open), leave];
        self.alarm.set(cx, next.into_iter().flatten().min());
        Poll::Pending
    }

    /// What the client has failed to send in time.
    fn breach(&mut self, now: Instant, pulse: Pulse) -> Option<Breach> {
        self.greeting = self.greeting.filter(|_| !pulse.greeted);
        if self.greeting.is_some_and(|end| end <= now) {
            return Some(Breach::NoSettings);
        }
        let stalled =
            pulse.stalled.is_some_and(|since| now.saturating_duration_since(since) >= self.header_block_timeout);
        stalled.then_some(Breach::HeaderBlock)
    }

    /// Whether the connection is to take no more calls.
    fn is_over(&self, now: Instant, pulse: Pulse, open: bool) -> bool {
        self.end.is_some_and(|end| end <= now) || self.idle_end(now, pulse, open).is_some_and(|end| end <= now)
    }

    /// When the connection will have been without calls for too long.
    fn idle_end(&self, now: Instant, pulse: Pulse, open: bool) -> Option<Instant> {
        let since = if open { now } else { self.rested.max(pulse.last_call) };
        self.idle.filter(|_| self.leaving.is_none()).and_then(|idle| since.checked_add(idle))
    }

    /// When a connection that takes no more calls is cut, or is to be looked at again.
    fn leave(&self, now: Instant, open: bool) -> Option<Instant> {
        let leaving = self.leaving?;
        let grace = self.grace.and_then(|grace| leaving.checked_add(grace));
        // h2 closes it once the client has answered a ping and all calls are
        // over; but the client need not answer.
        let answer = if open { now } else { leaving } + LAST_ANSWER;
        Some(grace.map_or(answer, |grace| grace.min(answer)))
    }
}

/// How much the greatest age of a connection varies, so that clients that came
/// together do not come back together.
const JITTER: f64 = 0.1;

/// How long a client that is told to go away may take to say that it has heard.
const LAST_ANSWER: Duration = Duration::from_secs(20);

/// No connection grows older than a hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
