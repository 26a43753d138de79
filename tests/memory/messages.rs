//! What received messages take, compared with what the allocator has counted.

use bytes::Bytes;
use protobuf::descriptor::{DescriptorProto, FileDescriptorProto, FileDescriptorSet, SourceCodeInfo};
use protobuf::well_known_types::field_mask::FieldMask;
use protobuf::well_known_types::struct_::{ListValue, Struct};
use protobuf::well_known_types::wrappers::{BytesValue, StringValue};
use protobuf::{Message as _, MessageFull};
use puregrpc::bench_support::{decode, weigh};
use puregrpc::{Code, Message, Server, protobuf};
use puregrpc_support::{BIDI, MORE, RawPeer, Running, Script};

use crate::proto::bench::Chunk;
use crate::{ALLOCATED, alone};

/// What was told of a message, divided by what it has taken.
fn ratio<M: Message + MessageFull>(what: &str, message: &[u8]) -> f64 {
    let told = weigh::<M>(message, usize::MAX).unwrap();
    let framed = [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let before = ALLOCATED.allocated() - framed.capacity();
    let decoded = decode::<M>([Bytes::from(framed)]).unwrap().unwrap();
    let taken = ALLOCATED.allocated() - before + size_of::<M>();
    drop(decoded);
    let ratio = told as f64 / taken as f64;
    println!("{what}: {} bytes became {taken}, told {told}: {ratio:.2}", message.len());
    ratio
}

#[track_caller]
fn assert_told<M: Message + MessageFull>(what: &str, message: &[u8]) {
    let ratio = ratio::<M>(what, message);
    assert!((0.8..=3.0).contains(&ratio), "{what}: {ratio}");
}

/// A field of this number with bytes in it.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mut varint in [number << 3 | 2, u32::try_from(content.len()).unwrap()] {
        while varint >= 0x80 {
            bytes.push(varint as u8 | 0x80);
            varint >>= 7;
        }
        bytes.push(varint as u8);
    }
    [&bytes, content].concat()
}

/// A bomb: what is next to nothing on the wire and much in memory.
#[test]
fn the_memory_of_lists_of_nothing_is_told() {
    let _alone = alone();
    for count in [2048, 3000, 100_000, 2_000_000] {
        assert_told::<ListValue>("empty values", &field(1, b"").repeat(count));
        assert_told::<FileDescriptorProto>("empty messages", &field(4, b"").repeat(count.min(100_000)));
        assert_told::<FieldMask>("empty texts", &field(1, b"").repeat(count));
    }
    let boxed = field(4, &field(7, b"")).repeat(20_000);
    assert_told::<FileDescriptorProto>("messages with boxes", &boxed);
}

#[test]
fn the_memory_of_texts_and_bytes_is_told() {
    let _alone = alone();
    for len in [1, 7, 16, 40, 1000, 100_000] {
        let count = 400_000 / len;
        let text = vec![b'x'; len];
        assert_told::<FieldMask>("texts", &field(1, &text).repeat(count));
        let entry =
            |n: usize| field(1, &[&field(1, format!("{n}").as_bytes())[..], &field(2, &field(3, &text))].concat());
        let map: Vec<u8> = (0..count.min(50_000)).flat_map(entry).collect();
        assert_told::<Struct>("entries of a map", &map);
    }
    assert_told::<StringValue>("one text", &field(1, &[b'x'; 1_000_000]));
    assert_told::<BytesValue>("bytes", &field(1, &[b'x'; 1_000_000]));
    assert_told::<Chunk>("shared bytes", &field(1, &[b'x'; 1_000_000]));
}

#[test]
fn the_memory_of_packed_numbers_is_told() {
    let _alone = alone();
    let one = field(1, &field(1, &[1; 500_000]));
    assert_told::<SourceCodeInfo>("one byte each", &one);
    let negative = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1].repeat(50_000);
    assert_told::<SourceCodeInfo>("ten bytes each", &field(1, &field(1, &negative)));
    assert_told::<SourceCodeInfo>("many short runs", &field(1, &field(1, &[1; 3]).repeat(100_000)));
    assert_told::<SourceCodeInfo>("unpacked", &field(1, &[8, 1].repeat(100_000)));
}

#[test]
fn the_memory_of_unknown_fields_is_told() {
    let _alone = alone();
    for count in [3000, 33_000, 500_000] {
        assert_told::<BytesValue>("numbers", &[0x78, 1].repeat(count));
        assert_told::<BytesValue>("nothings", &field(15, b"").repeat(count));
        assert_told::<BytesValue>("texts", &field(15, b"0123456789").repeat(count));
    }
    for count in [1u32, 4, 30, 1000] {
        let unknown: Vec<u8> = (100..100 + count).flat_map(|number| field(number, b"")).collect();
        let values = field(1, &unknown).repeat(100_000 / count as usize);
        assert_told::<ListValue>("messages with unknown fields", &values);
    }
}

/// What people send, and not to attack.
#[test]
fn the_memory_of_common_messages_is_told() {
    let _alone = alone();
    let file = FileDescriptorProto::descriptor().file_descriptor_proto().clone();
    let set = FileDescriptorSet { file: vec![file; 20], ..Default::default() };
    assert_told::<FileDescriptorSet>("descriptors", &set.write_to_bytes().unwrap());
}

/// R8: the limit is exact, and its setter is told to whoever says whose limit it is.
#[test]
fn more_memory_than_the_limit_is_refused() {
    let _alone = alone();
    let bomb = field(1, b"").repeat(100_000);
    let told = weigh::<ListValue>(&bomb, usize::MAX).unwrap();
    assert_eq!(weigh::<ListValue>(&bomb, told).unwrap(), told);
    let status = weigh::<ListValue>(&bomb, told - 1).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let setter = std::error::Error::source(&status).map(ToString::to_string);
    assert_eq!(setter.as_deref(), Some("max_decoded_message_size"), "{status}");
}

/// R8: a thousand unknown fields in one message and no more: their hashes may collide.
#[test]
fn too_many_unknown_fields_are_refused() {
    let _alone = alone();
    let unknown = |count: u32| (100..100 + count).flat_map(|number| field(number, b"")).collect::<Vec<_>>();
    assert!(weigh::<ListValue>(&unknown(1000), usize::MAX).is_ok());
    assert!(weigh::<ListValue>(&[unknown(1000), unknown(1000)].concat(), usize::MAX).is_ok());
    let status = weigh::<ListValue>(&unknown(1001), usize::MAX).unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let nested = [field(1, &unknown(700)), field(1, &unknown(700))].concat();
    assert!(weigh::<ListValue>(&nested, usize::MAX).is_ok());
}

/// The walk ends where the decoder ends, and not before: what the decoder lets pass must not hide what follows.
#[test]
fn odd_bytes_hide_nothing() {
    let _alone = alone();
    let bomb = field(1, b"").repeat(2000);
    let odd: [&[u8]; 4] = [
        &field(1, &[0x1b]),                                // a map's entry with a group that does not end
        &field(1, &[0x08, 1, 0x1b, 0x08, 1, 0x1c]),        // one with a key of the wrong type, and a whole group
        &[0x1b, 0x23, 0x24, 0x1c],                         // groups within groups
        &[0x88, 0x80, 0x80, 0x80, 0x00, 0x80, 0x80, 0x00], // numbers with bytes to spare
    ];
    let entry = field(1, &[field(1, b"key"), field(2, &field(6, &bomb))].concat());
    for odd in odd {
        let message = [odd, &entry].concat();
        if Struct::parse_from_bytes(&message).is_ok() {
            assert!(weigh::<Struct>(&message, usize::MAX).unwrap() > 2000 * 40, "{odd:x?}");
        }
    }
    assert!(weigh::<DescriptorProto>(&[0xff; 5000], usize::MAX).is_ok());
}

/// Opens calls and announces a message of 4 MiB on each.
async fn announce(peer: &mut RawPeer, calls: u32) {
    for call in 0..calls {
        peer.request(2 * call + 1, BIDI, &[]).await;
        peer.data(2 * call + 1, [0, 0, 64, 0, 0], MORE).await;
    }
    peer.settle().await;
}

/// Sends pieces of those messages, on one call after the other.
async fn push(peer: &mut RawPeer, calls: u32, pieces: usize) {
    for _ in 0..pieces {
        for call in 0..calls {
            peer.send_data(2 * call + 1, &[7; 16 * 1024], MORE).await;
        }
    }
    peer.settle().await;
}

/// R8: a thousand calls with half a message each hold what they may and no more; what does not fit ends its call.
#[test]
fn half_received_messages_stay_within_the_limit() {
    const LIMIT: usize = 80 << 20;
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::new().memory_limit(LIMIT).memory_limit_per_connection(LIMIT / 2);
        let running = Running::start(server.add(Script::echo()));
        let mut peers = Vec::new();
        for _ in 0..4 {
            let mut peer = running.peer().await;
            announce(&mut peer, 250).await;
            peers.push(peer);
        }
        let before = ALLOCATED.allocated();
        let mut most = 0;
        for peer in &mut peers {
            push(peer, 250, 16).await;
            most = most.max(ALLOCATED.allocated() - before);
            peer.assert_alive().await;
        }
        let sent = 4 * 250 * 16 * 16 * 1024;
        println!(
            "memory: {most} bytes held at most, with a limit of {LIMIT} ({:.2}), as {sent} came in parts",
            most as f64 / LIMIT as f64
        );
        let ended: usize = peers.iter().map(|peer| (0..250).filter(|n| peer.stream(2 * n + 1).is_over()).count()).sum();
        println!("{ended} of 1000 calls were ended");
        assert!(ended > 500 && most <= LIMIT + LIMIT / 10, "{ended} ended, {most} held");
    });
}
