//! The formats of zlib: compresses and decompresses messages.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status as Progress};

use crate::status::Status;

/// The bytes around the deflated ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 1950: two bytes before, Adler-32 after.
    Zlib,
    /// RFC 1952: at least ten bytes before, CRC-32 and length after.
    Gzip,
}

/// The compressor and decompressor of one thread. A compressor takes some 260 KiB, and
/// 5 µs to set up. So each thread makes one on first use, and streams have none.
#[derive(Default)]
struct Machines {
    compressors: [Option<Compress>; 2],
    decompressors: [Option<Decompress>; 2],
}

thread_local! {
    static MACHINES: RefCell<Machines> = RefCell::default();
}

impl Machines {
    fn compressor(&mut self, format: Format) -> &mut Compress {
        let compressor = self.compressors[format as usize].get_or_insert_with(|| match format {
            Format::Zlib => Compress::new(LEVEL, true),
            Format::Gzip => Compress::new_gzip(LEVEL, WINDOW_BITS),
        });
        compressor.reset();
        compressor
    }

    fn decompressor(&mut self, format: Format) -> &mut Decompress {
        let decompressor = self.decompressors[format as usize].get_or_insert_with(|| match format {
            Format::Zlib => Decompress::new(true),
            Format::Gzip => Decompress::new_gzip(WINDOW_BITS),
        });
        decompressor.reset(true);
        decompressor
    }
}

/// Appends the compressed bytes if they are fewer than the plain ones, and nothing
/// otherwise.
pub(super) fn compress(format: Format, plain: &[u8], packed: &mut Vec<u8>) -> bool {
    let start = packed.len();
    let smaller = MACHINES.with_borrow_mut(|machines| {
        let compressor = machines.compressor(format);
        // One less than the plain ones: a longer output is not worth sending.
        let most = start + plain.len().saturating_sub(1);
        let mut rest = plain;
        loop {
            if packed.len() >= most || !make_room(packed, start + plain.len() / 4 + SMALL, most) {
                return false;
            }
            let before = compressor.total_in();
            match compressor.compress_vec(rest, packed, FlushCompress::Finish) {
                Ok(Progress::StreamEnd) => return packed.len() <= most,
                Ok(Progress::Ok | Progress::BufError) => rest = &rest[(compressor.total_in() - before) as usize..],
                Err(_) => return false,
            }
        }
    });
    if !smaller {
        packed.truncate(start);
    }
    smaller
}

/// The plain bytes, at most `limit`.
///
/// Memory is allocated as they arrive, never by a size that the compressed ones announce.
pub(super) fn decompress(format: Format, packed: &[u8], limit: usize) -> Result<Vec<u8>, Status> {
    let mut plain = Vec::new();
    decompress_into(&mut plain, format, packed, limit)?;
    if plain.capacity() / 2 > plain.len() {
        plain.shrink_to_fit();
    }
    Ok(plain)
}

fn decompress_into(plain: &mut Vec<u8>, format: Format, packed: &[u8], limit: usize) -> Result<(), Status> {
    MACHINES.with_borrow_mut(|machines| {
        let decompressor = machines.decompressor(format);
        // One byte beyond the limit shows whether there are too many.
        let most = limit.saturating_add(1);
        let mut rest = packed;
        loop {
            make_room(plain, packed.len().saturating_mul(4).max(SMALL), most);
            let (before, had) = (decompressor.total_in(), plain.len());
            let progress = decompressor
                .decompress_vec(rest, plain, FlushDecompress::Finish)
                .map_err(|error| corrupt(error.message().unwrap_or("no such format")))?;
            let taken = (decompressor.total_in() - before) as usize;
            rest = &rest[taken..];
            if plain.len() > limit {
                return Err(too_large(limit));
            }
            if progress == Progress::StreamEnd {
                return if rest.is_empty() { Ok(()) } else { Err(corrupt("bytes behind the end")) };
            }
            if taken == 0 && plain.len() == had {
                return Err(corrupt("it ends too early"));
            }
        }
    })
}

/// Makes room for more bytes: `first`, then twice as many each time, but never
/// beyond `most`. Returns `false` if no room is left.
fn make_room(buffer: &mut Vec<u8>, first: usize, most: usize) -> bool {
    if buffer.len() == buffer.capacity() {
        let wanted = if buffer.capacity() < first { first } else { buffer.capacity().saturating_mul(2) };
        buffer.reserve_exact(wanted.min(most).saturating_sub(buffer.len()));
    }
    buffer.len() < buffer.capacity()
}

#[cold]
fn corrupt(why: &str) -> Status {
    Status::internal(format!("cannot decompress the message: {why}"))
}

#[cold]
fn too_large(limit: usize) -> Status {
    Status::resource_exhausted(format!("decompressed message of more bytes than the limit of {limit} bytes"))
        .with_source("max_recv_message_size")
}

/// The fastest level: the next one takes more than twice the time, and makes ordinary
/// messages a sixth smaller.
const LEVEL: Compression = Compression::new(1);

/// The largest window of the format: peers may use all of it.
const WINDOW_BITS: u8 = 15;

/// The first guess at the decompressed size of a small message.
const SMALL: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    const FORMATS: [Format; 2] = [Format::Zlib, Format::Gzip];

    /// Text like that of messages: partly repetitive.
    fn text(len: usize) -> Vec<u8> {
        let words = ["route", "feature", "Berkshire Valley", "point", "latitude"];
        let numbers = (1_u32..).map(|number| number.wrapping_mul(2_654_435_761));
        let all = numbers.flat_map(|number| format!("{}={number};", words[number as usize % 5]).into_bytes());
        all.take(len).collect()
    }

    fn packed(format: Format, plain: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        assert!(compress(format, plain, &mut packed));
        packed
    }

    fn refused(format: Format, packed: &[u8], limit: usize) -> Code {
        decompress(format, packed, limit).unwrap_err().code()
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for format in FORMATS {
            for len in [200, 1000, 4096, 65_536, 1_000_003] {
                let plain = text(len);
                let packed = packed(format, &plain);
                assert!(packed.len() < plain.len());
                assert!(decompress(format, &packed, len).unwrap() == plain, "{format:?} {len}");
            }
        }
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        for format in FORMATS {
            let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(100_000).collect();
            for plain in [&b""[..], b"x", b"0123456789", &noise] {
                let mut packed = vec![1, 2, 3];
                assert!(!compress(format, plain, &mut packed), "{} bytes", plain.len());
                assert_eq!(packed, [1, 2, 3]);
            }
        }
    }

    /// M17: no state of a message affects the next one, even after a failure.
    #[test]
    fn each_message_begins_anew() {
        for format in FORMATS {
            let plain = text(3000);
            let first = packed(format, &plain);
            for _ in 0..3 {
                assert_eq!(packed(format, &plain), first);
                assert_eq!(refused(format, &first[..first.len() / 2], 3000), Code::Internal);
                assert!(decompress(format, &first, 3000).unwrap() == plain);
            }
        }
    }

    /// M9: at most one byte beyond the limit is decompressed, or has memory allocated.
    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        for format in FORMATS {
            let mut compressor = match format {
                Format::Zlib => Compress::new(Compression::best(), true),
                Format::Gzip => Compress::new_gzip(Compression::best(), WINDOW_BITS),
            };
            let mut bomb = Vec::with_capacity(20_000);
            let progress = compressor.compress_vec(&vec![0; 16 << 20], &mut bomb, FlushCompress::Finish);
            assert!(progress.unwrap() == Progress::StreamEnd && bomb.len() < (16 << 20) / 1000, "{} bytes", bomb.len());
            for limit in [0, 1, 1000, 65_536, 1_000_000] {
                let mut plain = Vec::new();
                let status = decompress_into(&mut plain, format, &bomb, limit).unwrap_err();
                assert_eq!(status.code(), Code::ResourceExhausted);
                assert!(status.message().contains(&format!("limit of {limit} bytes")), "{status}");
                assert_eq!((plain.len(), plain.capacity()), (limit + 1, limit + 1));
            }
        }
    }

    /// M9: a message of exactly the limit is accepted.
    #[test]
    fn as_many_bytes_as_the_limit_pass() {
        for format in FORMATS {
            let packed = packed(format, &text(5000));
            assert_eq!(decompress(format, &packed, 5000).unwrap().len(), 5000);
            assert_eq!(refused(format, &packed, 4999), Code::ResourceExhausted);
        }
    }

    /// M8: a message that is truncated, or has bytes after its end, is INTERNAL.
    #[test]
    fn only_one_whole_stream_is_a_message() {
        for format in FORMATS {
            let whole = packed(format, &text(2000));
            for len in 0..whole.len() {
                assert_eq!(refused(format, &whole[..len], 1 << 20), Code::Internal, "{format:?} {len}");
            }
            for behind in [&[0][..], b"x", &whole, &[0x1f, 0x8b], &[0; 100]] {
                let status = decompress(format, &[&whole, behind].concat(), 1 << 20).unwrap_err();
                assert_eq!(status.code(), Code::Internal);
                assert!(status.message().contains("behind the end"), "{status}");
            }
        }
    }

    /// M8: a flipped bit is detected, or does not affect the message.
    #[test]
    fn turned_bits_never_make_another_message() {
        for format in FORMATS {
            let plain = text(700);
            let mut packed = packed(format, &plain);
            for bit in 0..packed.len() * 8 {
                packed[bit / 8] ^= 1 << (bit % 8);
                match decompress(format, &packed, 1 << 20) {
                    Ok(other) => assert!(other == plain, "{format:?} bit {bit}"),
                    Err(status) => assert!(matches!(status.code(), Code::Internal | Code::ResourceExhausted)),
                }
                packed[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    /// M8: bytes in no such format are INTERNAL.
    #[test]
    fn other_bytes_are_internal() {
        let raw_deflate = [0x4b, 0x4c, 0x04, 0x00];
        let needs_dictionary = [0x78, 0xbb, 0, 0, 0, 1, 0x4b, 0x04, 0, 0, 0x62, 0, 0x62];
        for format in FORMATS {
            let other = if format == Format::Zlib { Format::Gzip } else { Format::Zlib };
            let others = packed(other, &text(1000));
            for bytes in [&b"plain text"[..], &[0; 64], &[0xff; 64], &raw_deflate, &needs_dictionary, &others] {
                assert_eq!(refused(format, bytes, 1 << 20), Code::Internal, "{format:?} {bytes:?}");
            }
        }
    }
}
