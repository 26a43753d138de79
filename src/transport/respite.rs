//! Turns of a task that leave others theirs.

use std::future::Future;
use std::pin::pin;
use std::task::Context;

use tokio::task::yield_now;

/// Wakes this task once the runtime has looked what else there is to do. To be
/// called by one that then waits for nothing else.
///
/// A task that just wakes itself runs some 60 times before the runtime looks at
/// its sockets: if its turns are long, all others of its thread stand still.
#[cold]
pub(crate) fn wake_after_others(cx: &mut Context<'_>) {
    let _ = pin!(yield_now()).poll(cx);
}

#[cfg(test)]
mod tests {
    use crate::transport::{Allowance, BufferedIo, Meter};
    use crate::wakes::turns_until_a_socket_is_seen;
    use std::pin::Pin;
    use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

    /// What any peer begins with.
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

    /// A peer that sends without end leaves the thread to others between its turns.
    #[tokio::test]
    async fn a_connection_that_brings_more_and_more_leaves_others_their_turns() {
        let (mut io, handle) = BufferedIo::new(
            tokio::io::join(SETTINGS.chain(tokio::io::repeat(1)), tokio::io::sink()),
            Meter::client(&Allowance::default()),
        );
        let mut buffer = vec![0; 1 << 20];
        let turns = turns_until_a_socket_is_seen(move |cx| {
            handle.begin_turn(false);
            let mut target = ReadBuf::new(&mut buffer);
            while let std::task::Poll::Ready(read) = Pin::new(&mut io).poll_read(cx, &mut target) {
                read.unwrap();
            }
            assert!(!target.filled().is_empty());
            handle.end_turn(cx, false).unwrap();
        });
        assert!(turns.await < 10);
    }
}
