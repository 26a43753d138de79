//! Messages to bytes and back. Besides `fuzzing.rs`, generated code and tests, only this
//! module names the protobuf crate.

mod group;
mod light;
mod shape;
mod tag;
mod weight;

use std::io;

use bytes::Bytes;
use protobuf::{CodedInputStream, CodedOutputStream};

use crate::compression::Encoding;
use crate::frame::{self, PREFIX, Payload};
use crate::status::Status;
pub use group::{read_unknown, skip_unknown};
pub use shape::{Field, Shape, Shaped};
pub use tag::read_tag;
use weight::TooMuch;

/// A message that can be sent and received.
///
/// Every message that `puregrpc-build` generates is one. The trait stands
/// between the library and the crate that encodes, and is not to be
/// implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message that can be sent and received",
    note = "messages are what `puregrpc_build` generates, and those of `puregrpc::protobuf::well_known_types`"
)]
pub trait Message: Encode {}

impl<M: protobuf::Message + Shaped> Message for M {}

pub(crate) use sealed::{Append, Encode};

mod sealed {
    use super::{Chunks, Payload, Status};

    /// What the library needs of a message.
    ///
    /// `encoded_len` computes the lengths of all parts and leaves them in the
    /// message for the `append` that follows; `cached_len` reads them again.
    pub trait Encode: Append + Default + Send + Sync + 'static {
        fn encoded_len(&self) -> usize;
        fn cached_len(&self) -> usize;
        fn decode(payload: Payload<'_>) -> Result<Self, Status>;
        /// How much memory the message takes once it is decoded, at most `limit`.
        fn weigh(payload: &Payload<'_>, limit: usize) -> Result<usize, Status>;
        /// Whether the decoded message surely takes little memory: it need not be weighed.
        fn is_light(message: &[u8]) -> bool;
    }

    /// What can be put into a buffer with its prefix; `len` is without it.
    pub trait Append {
        fn append(&self, len: usize, buffer: &mut Vec<u8>) -> Result<(), Status>;
        fn append_chunked(&self, len: usize, chunks: &mut Chunks<'_>) -> Result<(), Status>;
    }
}

impl<M: protobuf::Message> Append for M {
    /// Appends prefix and message; `buffer` is unchanged on error.
    #[inline]
    fn append(&self, len: usize, buffer: &mut Vec<u8>) -> Result<(), Status> {
        let prefix = frame::prefix(len)?;
        check_initialized(self)?;
        buffer.reserve(PREFIX + len);
        buffer.extend_from_slice(&prefix);
        // It flushes as it goes out of scope, which into a Vec cannot fail.
        let mut stream = CodedOutputStream::vec(buffer);
        self.write_to_with_cached_sizes(&mut stream).map_err(|error| encode_error(&error))
    }

    /// Appends prefix and message in pieces of [`CHUNK`].
    fn append_chunked(&self, len: usize, chunks: &mut Chunks<'_>) -> Result<(), Status> {
        let prefix = frame::prefix(len)?;
        check_initialized(self)?;
        chunks.push(&prefix);
        let mut stream = CodedOutputStream::new(chunks);
        self.write_to_with_cached_sizes(&mut stream).and_then(|()| stream.flush()).map_err(|e| encode_error(&e))
    }
}

impl<M: protobuf::Message + Shaped> Encode for M {
    #[inline]
    fn encoded_len(&self) -> usize {
        self.compute_size() as usize
    }

    #[inline]
    fn cached_len(&self) -> usize {
        self.cached_size() as usize
    }

    #[inline]
    fn decode(payload: Payload<'_>) -> Result<Self, Status> {
        let (mut stream, len) = match &payload {
            Payload::Slice(slice) => (CodedInputStream::from_bytes(slice), slice.len()),
            Payload::Joined(bytes) => (CodedInputStream::from_bytes(bytes), bytes.len()),
            Payload::Shared(bytes) => (CodedInputStream::from_tokio_bytes(bytes), bytes.len()),
        };
        let mut message = M::new();
        // The crate's own parse_from_bytes takes a cut-off last field for a
        // whole one; a pushed limit and a check of the end do not.
        stream
            .push_limit(len as u64)
            .and_then(|_| message.merge_from(&mut stream))
            .and_then(|()| stream.check_eof())
            .and_then(|()| message.check_initialized())
            .map_err(|error| Status::internal(format!("cannot decode the message: {error}")))?;
        Ok(message)
    }

    fn weigh(payload: &Payload<'_>, limit: usize) -> Result<usize, Status> {
        weight::weigh(M::shape(), payload, limit).map_err(|error| too_much(error, payload.len(), limit))
    }

    #[inline]
    fn is_light(message: &[u8]) -> bool {
        M::shape().is_plain && message.len() <= light::SMALL || light::is_light(M::shape(), message)
    }
}

#[cold]
fn too_much(error: TooMuch, len: usize, limit: usize) -> Status {
    match error {
        TooMuch::Memory => {
            let message = format!("message of {len} bytes would take more than {limit} bytes of memory");
            Status::resource_exhausted(message).with_source("max_decoded_message_size")
        }
        TooMuch::UnknownFields => {
            let most = weight::UNKNOWN_FIELDS;
            Status::resource_exhausted(format!("message with more than {most} fields that are not in its type"))
        }
    }
}

/// One message with its prefix in one allocation; `len` is its `encoded_len`.
pub(crate) fn encode<M: Message>(message: &M, len: usize) -> Result<Bytes, Status> {
    let mut buffer = Vec::with_capacity(PREFIX + len);
    message.append(len, &mut buffer)?;
    Ok(buffer.into())
}

/// A message in the form that it is sent in, with its prefix: compressed, or as
/// it is if that would not have made it smaller.
#[derive(Debug)]
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    /// Encodes and compresses a message; `len` is its `encoded_len`.
    #[cold]
    pub(crate) fn new<M: Message>(message: &M, len: usize, encoding: Encoding) -> Result<Self, Status> {
        let mut plain = Vec::with_capacity(PREFIX + len);
        message.append(len, &mut plain)?;
        let mut packed = vec![0; PREFIX];
        if !encoding.compress(&plain[PREFIX..], &mut packed) {
            return Ok(Self(plain));
        }
        let prefix = frame::compressed_prefix(packed.len() - PREFIX)?;
        packed[..PREFIX].copy_from_slice(&prefix);
        Ok(Self(packed))
    }

    /// The length without the prefix.
    pub(crate) fn len(&self) -> usize {
        self.0.len() - PREFIX
    }

    pub(crate) fn into_bytes(mut self) -> Bytes {
        // It may wait for its peer, with all that was set aside for it.
        self.0.shrink_to_fit();
        self.0.into()
    }
}

impl Append for Packed {
    fn append(&self, _: usize, buffer: &mut Vec<u8>) -> Result<(), Status> {
        buffer.extend_from_slice(&self.0);
        Ok(())
    }

    fn append_chunked(&self, _: usize, chunks: &mut Chunks<'_>) -> Result<(), Status> {
        chunks.push(&self.0);
        Ok(())
    }
}

/// Bytes of messages in pieces of at most [`CHUNK`]: large allocations are what
/// makes large messages slow.
#[derive(Debug)]
pub struct Chunks<'a> {
    /// The piece that is being filled.
    pub(crate) tail: &'a mut Vec<u8>,
    /// The full ones.
    pub(crate) full: &'a mut Vec<Bytes>,
}

impl Chunks<'_> {
    fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (fits, rest) = bytes.split_at(bytes.len().min(CHUNK.saturating_sub(self.tail.len())));
            self.tail.extend_from_slice(fits);
            bytes = rest;
            if self.tail.len() >= CHUNK {
                self.full.push(std::mem::replace(self.tail, Vec::with_capacity(CHUNK)).into());
            }
        }
    }
}

impl io::Write for Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many bytes one DATA frame carries: the largest that every peer takes.
pub(crate) const CHUNK: usize = 16 * 1024;

#[inline]
fn check_initialized<M: protobuf::Message>(message: &M) -> Result<(), Status> {
    message.check_initialized().map_err(|error| encode_error(&error))
}

/// INTERNAL, for a message that a handler reads or writes by itself.
impl From<protobuf::Error> for Status {
    fn from(error: protobuf::Error) -> Self {
        Self::internal(error.to_string()).with_source(error)
    }
}

#[cold]
fn encode_error(error: &protobuf::Error) -> Status {
    Status::internal(format!("cannot encode the message: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use protobuf::well_known_types::struct_::ListValue;
    use protobuf::well_known_types::wrappers::{BytesValue, StringValue};

    fn bytes_of(size: usize) -> BytesValue {
        BytesValue { value: (0..size).map(|n| n as u8).collect(), ..Default::default() }
    }

    #[test]
    fn a_message_is_its_prefix_and_its_bytes() {
        let message = StringValue { value: "ab".into(), ..Default::default() };
        let framed = encode(&message, message.encoded_len()).unwrap();
        assert_eq!(&framed[..], b"\0\0\0\0\x04\x0a\x02ab");
    }

    #[test]
    fn pieces_put_together_are_the_whole() {
        for size in [0, 1, CHUNK - 9, CHUNK - 8, CHUNK, 3 * CHUNK + 7] {
            let message = bytes_of(size);
            let (mut tail, mut full) = (vec![7; 3], Vec::new());
            let len = message.encoded_len();
            message.append_chunked(len, &mut Chunks { tail: &mut tail, full: &mut full }).unwrap();
            assert!(full.iter().all(|piece| piece.len() == CHUNK));
            full.push(tail.into());
            let all = full.concat();
            assert_eq!(all[..3], [7; 3]);
            assert_eq!(all[3..], encode(&message, len).unwrap());
        }
    }

    #[test]
    fn slices_and_shared_bytes_decode_alike() {
        let message = bytes_of(100);
        let framed = encode(&message, message.encoded_len()).unwrap();
        let payload = framed.slice(PREFIX..);
        assert_eq!(BytesValue::decode(Payload::Slice(&payload)).unwrap(), message);
        assert_eq!(BytesValue::decode(Payload::Shared(payload)).unwrap(), message);
    }

    /// M13: what cannot be parsed is INTERNAL, also a cut-off last field.
    #[test]
    fn broken_messages_are_internal() {
        let cases: [&[u8]; 5] = [
            b"\x0a\x64ab",               // a field that promises 100 bytes
            b"\x0a",                     // no length
            b"\x0a\xff\xff\xff\xff\x7f", // a length beyond any limit
            b"\x00\x01",                 // field number 0
            b"\x0a\x02\xff\xfe",         // not UTF-8
        ];
        for bytes in cases {
            let status = StringValue::decode(Payload::Slice(bytes)).unwrap_err();
            assert_eq!(status.code(), crate::Code::Internal, "{bytes:?}");
        }
    }

    #[test]
    fn an_error_of_the_message_crate_is_a_status() {
        fn read(bytes: &[u8]) -> Result<StringValue, Status> {
            Ok(protobuf::Message::parse_from_bytes(bytes)?)
        }
        assert_eq!(read(b"\x0a").unwrap_err().code(), crate::Code::Internal);
    }

    /// M13: messages may lie within each other a hundred deep.
    #[test]
    fn deep_nesting_is_refused() {
        let nested = |levels: usize| {
            let mut bytes = Vec::new();
            for level in 0..levels {
                // ListValue.values = 1 { list_value = 6 { .. } }, from within.
                let mut outer = vec![if (levels - level).is_multiple_of(2) { 0x32 } else { 0x0a }];
                varint(&mut outer, bytes.len());
                outer.append(&mut bytes);
                bytes = outer;
            }
            ListValue::decode(Payload::Slice(&bytes)).map_err(|status| status.code())
        };
        assert!(nested(100).is_ok());
        assert_eq!([101, 400].map(nested), [Err(crate::Code::Internal), Err(crate::Code::Internal)]);
    }

    fn varint(out: &mut Vec<u8>, mut number: usize) {
        while number >= 0x80 {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
    }
}
