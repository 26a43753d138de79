//! The Huffman code of HPACK (RFC 7541, appendix B).
//!
//! The code is canonical: codes of one length follow each other in the order of their symbols, and shorter codes come
//! before longer ones. So the lengths tell everything.

/// Appends what `input` stands for; `None` if it is not a string of the code.
pub(crate) fn decode(input: &[u8], output: &mut Vec<u8>) -> Option<()> {
    let mut bytes = input.iter();
    // The bits that are not decoded yet, leftmost first; ones follow the last, as padding does.
    let (mut window, mut held) = (0u64, 0u32);
    loop {
        while held <= 56 {
            let Some(byte) = bytes.next() else { break };
            window |= u64::from(*byte) << (56 - held);
            held += 8;
        }
        let padded = window | u64::MAX.checked_shr(held).unwrap_or(0);
        let (symbol, length) = CODE.symbol((padded >> 32) as u32);
        if length > held {
            return (held < 8 && padded == u64::MAX).then_some(());
        }
        output.push(u8::try_from(symbol).ok()?);
        window <<= length;
        held -= length;
    }
}

/// Appends `input` in the code.
pub(crate) fn encode(input: &[u8], output: &mut Vec<u8>) {
    let (mut window, mut held) = (0u64, 0u32);
    for byte in input {
        let (code, length) = CODE.code(usize::from(*byte));
        window |= u64::from(code) << (64 - length - held);
        held += length;
        while held >= 8 {
            output.push((window >> 56) as u8);
            window <<= 8;
            held -= 8;
        }
    }
    if held > 0 {
        output.push((window >> 56) as u8 | 0xff >> held);
    }
}

/// How many bytes `input` takes in the code.
pub(crate) fn encoded_len(input: &[u8]) -> usize {
    let bits: usize = input.iter().map(|byte| usize::from(LENGTHS[usize::from(*byte)])).sum();
    bits.div_ceil(8)
}

/// The code by its lengths.
struct Code {
    /// Symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
    /// By length: where its symbols begin in `symbols`.
    offsets: [usize; LONGEST + 2],
    /// By length: its first code, and what follows its last, both shifted to the left end of 32 bits.
    first: [u32; LONGEST + 1],
    end: [u64; LONGEST + 1],
}

impl Code {
    const fn new() -> Self {
        let mut code =
            Self { symbols: [0; SYMBOLS], offsets: [0; LONGEST + 2], first: [0; LONGEST + 1], end: [0; LONGEST + 1] };
        let (mut length, mut next, mut found) = (1, 0u64, 0);
        while length <= LONGEST {
            code.offsets[length] = found;
            code.first[length] = next as u32;
            let mut symbol = 0;
            while symbol < SYMBOLS {
                if LENGTHS[symbol] as usize == length {
                    code.symbols[found] = symbol as u16;
                    found += 1;
                    next += 1 << (32 - length);
                }
                symbol += 1;
            }
            code.end[length] = next;
            length += 1;
        }
        code.offsets[length] = found;
        code
    }

    /// The symbol whose code begins `window`, and the length of that code.
    fn symbol(&self, window: u32) -> (u16, u32) {
        // The code is complete: the end of its longest codes is beyond every window.
        let mut length = SHORTEST;
        while length < LONGEST && u64::from(window) >= self.end[length] {
            length += 1;
        }
        let rank = (window - self.first[length]) >> (32 - length);
        (self.symbols[self.offsets[length] + rank as usize], length as u32)
    }

    /// The code of a symbol, and its length.
    fn code(&self, symbol: usize) -> (u32, u32) {
        let length = usize::from(LENGTHS[symbol]);
        let peers = &self.symbols[self.offsets[length]..self.offsets[length + 1]];
        let rank = peers.partition_point(|peer| usize::from(*peer) < symbol) as u32;
        ((self.first[length] >> (32 - length)) + rank, length as u32)
    }
}

static CODE: Code = Code::new();

/// All bytes, and the mark of the end.
const SYMBOLS: usize = 257;

const SHORTEST: usize = 5;
const LONGEST: usize = 30;

/// How many bits each symbol takes.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7541, sections C.4 and C.6.
    const EXAMPLES: [(&str, &[u8]); 4] = [
        ("www.example.com", b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
        ("no-cache", b"\xa8\xeb\x10\x64\x9c\xbf"),
        ("private", b"\xae\xc3\x77\x1a\x4b"),
        (
            "Mon, 21 Oct 2013 20:13:21 GMT",
            b"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff",
        ),
    ];

    #[test]
    fn the_examples_of_the_rfc_are_read_and_written() {
        for (plain, coded) in EXAMPLES {
            let (mut read, mut written) = (Vec::new(), Vec::new());
            assert_eq!(decode(coded, &mut read), Some(()), "{plain}");
            assert_eq!(read, plain.as_bytes());
            encode(plain.as_bytes(), &mut written);
            assert_eq!(written, coded, "{plain}");
            assert_eq!(encoded_len(plain.as_bytes()), coded.len());
        }
    }

    #[test]
    fn every_byte_survives() {
        let all: Vec<u8> = (0..=255).collect();
        let (mut coded, mut read) = (Vec::new(), Vec::new());
        encode(&all, &mut coded);
        assert_eq!(decode(&coded, &mut read), Some(()));
        assert_eq!(read, all);
    }

    #[test]
    fn the_code_is_complete() {
        assert_eq!(CODE.end[LONGEST], 1 << 32);
        assert_eq!(CODE.offsets[LONGEST + 1], SYMBOLS);
    }

    #[test]
    fn what_is_no_padding_is_refused() {
        assert_eq!(decode(b"\x00", &mut Vec::new()), None, "zeros as padding");
        assert_eq!(decode(b"\x07\xff", &mut Vec::new()), None, "padding of eight bits and more");
        assert_eq!(decode(b"\xff\xff\xff\xff", &mut Vec::new()), None, "the mark of the end");
    }
}
