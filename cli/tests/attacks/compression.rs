//! Messages that are small on their way.

use flate2::{Compress, Compression, Crc, FlushCompress};
use puregrpc_support::{END, Frame, prefixed};

use crate::attacker::{GREET, RECORD};
use crate::stage::{Stage, is_full};

/// A mebibyte that becomes almost a gibibyte, on each of some calls at a time.
#[tokio::test]
async fn message_that_grows_when_it_is_decompressed_is_refused() {
    let stage = Stage::open().await;
    let mut peer = stage.peer().await;
    let body = prefixed(1, bomb());
    let streams: Vec<u32> = (0..16).map(|number| 2 * number + 1).collect();
    for stream in &streams {
        peer.request(*stream, GREET, &[("grpc-encoding", "gzip")]).await;
    }
    for stream in &streams {
        peer.send_data(*stream, &body, END).await;
    }
    for stream in &streams {
        assert_eq!(peer.answer(*stream).await.status(), RESOURCE_EXHAUSTED);
    }
    peer.assert_alive().await;
    stage.report("compression bomb", "16 calls of 1 MiB that become 800 MiB", "RESOURCE_EXHAUSTED", None);
}

/// A call on each connection that streams messages of a few KiB, each of which becomes one of almost 4 MiB.
#[tokio::test]
async fn streams_of_messages_that_grow_leave_time_for_others() {
    let stage = Stage::open().await;
    let body = prefixed(1, growing());
    let messages = if is_full() { 100 } else { 10 };
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut attacker = stage.attacker().await;
        attacker.send_frames(&[Frame::call(1, RECORD, &[("grpc-encoding", "gzip")])]).await;
        for _ in 0..messages {
            attacker.send_frames(&[Frame::data(1, &body, 0)]).await;
        }
        held.push(attacker);
    }
    stage.report(
        "streams of messages that grow",
        &format!("4 calls of {messages} messages, 5 KiB to 4 MiB"),
        "served in turn",
        None,
    );
}

/// Gzip that has a gibibyte, or almost, in a mebibyte.
fn bomb() -> Vec<u8> {
    let block = zeros();
    [&GZIP[..], &block.repeat((1 << 20) / block.len())].concat()
}

/// Gzip of a message with one field of almost 4 MiB.
fn growing() -> Vec<u8> {
    let begin = [0x7a, 0x80, 0x80, 0xfc, 1];
    let stored = [&[0, 5, 0, 0xfa, 0xff][..], &begin].concat();
    let mut sum = Crc::new();
    sum.update(&begin);
    (0..63).for_each(|_| sum.update(&[0; BLOCK]));
    let end = [&[3, 0][..], &sum.sum().to_le_bytes(), &sum.amount().to_le_bytes()].concat();
    [&GZIP[..], &stored, &zeros().repeat(63), &end].concat()
}

/// A block of zeros, behind which more may come.
fn zeros() -> Vec<u8> {
    let mut block = Vec::with_capacity(1024);
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(&[0; BLOCK], &mut block, FlushCompress::Sync).unwrap();
    block
}

/// The head of gzip's format.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

const BLOCK: usize = 64 * 1024;

const RESOURCE_EXHAUSTED: u32 = 8;
