use super::*;
use crate::Code;

fn framed(messages: &[&[u8]]) -> Vec<u8> {
    messages.iter().flat_map(|m| [&prefix(m.len()).unwrap()[..], m].concat()).collect()
}

fn drain(deframer: &mut Deframer) -> Vec<Vec<u8>> {
    let copy = |payload: Payload<'_>| match payload {
        Payload::Slice(slice) => slice.to_vec(),
        Payload::Joined(bytes) | Payload::Shared(bytes) => bytes.to_vec(),
    };
    std::iter::from_fn(|| deframer.next().unwrap().map(copy)).collect()
}

/// M1: every split point of a stream of three messages gives the same three.
#[test]
fn splits_do_not_matter() {
    let (large, small) = (vec![7u8; 5000], b"abc");
    let messages: [&[u8]; 3] = [small, b"", &large];
    let stream = framed(&messages);
    for at in 0..=stream.len() {
        let mut deframer = Deframer::new(1 << 20);
        let mut got = Vec::new();
        for part in [&stream[..at], &stream[at..]] {
            deframer.push(Bytes::copy_from_slice(part)).unwrap();
            got.extend(drain(&mut deframer));
        }
        assert_eq!(got, messages, "split at {at}");
        assert!(deframer.is_empty());
    }
}

/// M1: the short way takes what it may, and leaves the rest as it is.
#[test]
fn small_messages_are_the_same_by_the_short_way() {
    let large = vec![7; SHARED];
    let messages: [&[u8]; 5] = [b"abc", b"", &large, &large[1..], b"d"];
    let stream = framed(&messages);
    for at in 0..=stream.len() {
        let (mut deframer, mut got, mut short) = (Deframer::new(1 << 20), Vec::new(), 0);
        for part in [&stream[..at], &stream[at..]] {
            deframer.push(Bytes::copy_from_slice(part)).unwrap();
            loop {
                while let Some(message) = deframer.next_small(|_| true) {
                    got.push(message.to_vec());
                    short += 1;
                }
                match deframer.next().unwrap() {
                    Some(message) => got.push(message.to_vec()),
                    None => break,
                }
            }
        }
        assert!(got == messages && (3..=4).contains(&short) && deframer.is_empty(), "split at {at}: {short}");
    }
    let mut deframer = Deframer::new(2);
    deframer.push(stream.into()).unwrap();
    assert!(deframer.next_small(|_| true).is_none() && deframer.next().is_err());
}

/// M1: one byte at a time.
#[test]
fn single_bytes_are_put_together() {
    let stream = framed(&[b"a", b"", b"bcd", &[1; 300]]);
    let mut deframer = Deframer::new(1000);
    let mut got = Vec::new();
    for byte in &stream {
        deframer.push(Bytes::copy_from_slice(&[*byte])).unwrap();
        got.extend(drain(&mut deframer));
    }
    assert_eq!(got.len(), 4);
    assert_eq!(got[3], [1; 300]);
    assert!(deframer.is_empty());
}

/// M1: a thousand messages in one chunk.
#[test]
fn many_messages_in_one_chunk_all_come() {
    let stream = framed(&[&b"x"[..]; 1000]);
    let mut deframer = Deframer::new(10);
    deframer.push(stream.into()).unwrap();
    assert_eq!(drain(&mut deframer).len(), 1000);
}

#[test]
fn a_part_of_a_message_is_not_nothing() {
    let mut deframer = Deframer::new(10);
    deframer.push(Bytes::from_static(&[0, 0, 0])).unwrap();
    assert!(drain(&mut deframer).is_empty());
    assert!(!deframer.is_empty());
}

/// M3, M4: flags other than 0 are INTERNAL while no encoding is agreed on.
#[test]
fn flags_are_refused() {
    for flag in 1..=255 {
        let mut deframer = Deframer::new(10);
        deframer.push(Bytes::copy_from_slice(&[flag, 0, 0, 0, 0])).unwrap();
        let status = deframer.next().unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains(&format!("flag {flag}")));
    }
}

/// M10: a length over the limit is refused by its prefix alone, nothing is set aside for it.
#[test]
fn too_long_messages_are_refused_by_their_prefix() {
    for (split, len) in [(5, 11u32), (5, u32::MAX), (2, 11), (2, u32::MAX)] {
        let stream = [&[0u8][..], &len.to_be_bytes()].concat();
        let mut deframer = Deframer::new(10);
        let pushed = deframer
            .push(Bytes::copy_from_slice(&stream[..split]))
            .and_then(|()| deframer.next().map(drop))
            .and_then(|()| deframer.push(Bytes::copy_from_slice(&stream[split..])))
            .and_then(|()| deframer.next().map(drop));
        let status = pushed.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().contains("limit of 10 bytes"), "{status}");
        assert!(deframer.partial.capacity() < 1000);
    }
}

/// An idle stream holds nothing of what it has received.
#[test]
fn used_up_chunks_are_let_go() {
    for split in [0, 3, 5005] {
        let mut deframer = Deframer::new(10_000);
        let stream = framed(&[&[1; 5000]]);
        let chunks = [Bytes::copy_from_slice(&stream[..split]), Bytes::copy_from_slice(&stream[split..])];
        for chunk in chunks.clone() {
            deframer.push(chunk).unwrap();
            drain(&mut deframer);
            deframer.let_go();
        }
        assert!(chunks.iter().all(|chunk| chunk.is_empty() || chunk.is_unique()), "split at {split}");
    }
}

/// A stream of three messages, of which the second and the third are compressed, and what they say.
#[cfg(feature = "gzip")]
fn compressed() -> (Vec<u8>, [Vec<u8>; 3]) {
    let messages = [b"plain".to_vec(), vec![7; 100], vec![8; 10_000]];
    let mut stream = framed(&[&messages[0]]);
    for message in &messages[1..] {
        let mut packed = Vec::new();
        assert!(Encoding::Gzip.compress(message, &mut packed));
        stream.extend(compressed_prefix(packed.len()).unwrap());
        stream.extend(packed);
    }
    (stream, messages)
}

/// M1, M17: compressed messages may be split anywhere, too, and stand beside others.
#[cfg(feature = "gzip")]
#[test]
fn splits_do_not_matter_to_compressed_messages() {
    let (stream, messages) = compressed();
    for at in 0..=stream.len() {
        let mut deframer = Deframer::new(10_000);
        deframer.set_encoding(Some(Encoding::Gzip));
        let mut got = Vec::new();
        for part in [&stream[..at], &stream[at..]] {
            deframer.push(Bytes::copy_from_slice(part)).unwrap();
            got.extend(drain(&mut deframer));
        }
        assert_eq!(got, messages, "split at {at}");
        assert!(deframer.is_empty());
    }
}

/// M9, M10: the limit holds for what comes and for what becomes of it.
#[cfg(feature = "gzip")]
#[test]
fn the_limit_holds_before_and_after_decompression() {
    let (stream, _) = compressed();
    for (limit, passed) in [(4, 0), (5, 1), (99, 1), (100, 2), (9999, 2), (10_000, 3)] {
        let mut deframer = Deframer::new(limit);
        deframer.set_encoding(Some(Encoding::Gzip));
        deframer.push(Bytes::copy_from_slice(&stream)).unwrap();
        let results: Vec<_> =
            (0..3).map_while(|_| deframer.next().map(|payload| payload.map(drop)).transpose()).collect();
        let refused = results.iter().find_map(|result| result.as_ref().err());
        assert_eq!(results.iter().take_while(|result| result.is_ok()).count(), passed, "{limit}");
        assert_eq!(refused.map(Status::code), (passed < 3).then_some(Code::ResourceExhausted), "{limit}");
    }
}

/// M6: what is compressed in a way that is not known here is INTERNAL, and nothing else is.
#[test]
fn a_flag_means_nothing_without_a_known_encoding() {
    let mut deframer = Deframer::new(10);
    deframer.set_encoding(None);
    deframer.push(Bytes::from_static(b"\0\0\0\0\x01x\x01\0\0\0\x01x")).unwrap();
    assert!(deframer.next().unwrap().is_some());
    let status = deframer.next().unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("identity"), "{status}");
}

#[test]
fn a_message_of_exactly_the_limit_passes() {
    let mut deframer = Deframer::new(10);
    deframer.push(framed(&[&[1; 10]]).into()).unwrap();
    assert_eq!(drain(&mut deframer), [[1; 10]]);
}
