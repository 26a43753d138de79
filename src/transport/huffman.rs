//! HPACK's code for strings (RFC 7541, appendix B).

/// Appends what `bytes` stand for; `None` if they stand for nothing.
pub(super) fn decode(bytes: &[u8], text: &mut Vec<u8>) -> Option<()> {
    // What has come of the next symbol's code, and how many bits that is.
    let (mut code, mut length) = (0, 0);
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| u32::from(byte >> shift & 1))) {
        code = code << 1 | bit;
        length += 1;
        let level = LEVELS.get(length)?;
        if let Some(index) = code.checked_sub(level.first)
            && index < level.count
        {
            // The end of a string is no part of one.
            text.push(u8::try_from(SYMBOLS[(level.index + index) as usize]).ok()?);
            (code, length) = (0, 0);
        }
    }
    // Less than a byte of ones is left.
    (length < 8 && code + 1 == 1 << length).then_some(())
}

/// The codes of one length, which are consecutive.
#[derive(Clone, Copy)]
struct Level {
    first: u32,
    count: u32,
    /// Where their symbols begin.
    index: u32,
}

/// By the length of the codes.
const LEVELS: [Level; LONGEST + 1] = {
    let mut levels = [Level { first: 0, count: 0, index: 0 }; LONGEST + 1];
    let mut symbol = 0;
    while symbol < LENGTHS.len() {
        levels[LENGTHS[symbol] as usize].count += 1;
        symbol += 1;
    }
    let mut length = 1;
    while length <= LONGEST {
        let shorter = levels[length - 1];
        levels[length].first = (shorter.first + shorter.count) << 1;
        levels[length].index = shorter.index + shorter.count;
        length += 1;
    }
    levels
};

/// All symbols, by the length of their codes and then by themselves, as their codes are.
const SYMBOLS: [u16; LENGTHS.len()] = {
    let mut symbols = [0; LENGTHS.len()];
    let (mut index, mut length) = (0, 0);
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                symbols[index] = symbol as u16;
                index += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    symbols
};

const LONGEST: usize = 30;

/// How many bits the code of each byte has, and behind them that of the end.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Option<String> {
        let mut text = Vec::new();
        decode(bytes, &mut text)?;
        Some(String::from_utf8(text).unwrap())
    }

    /// Examples of RFC 7541, C.4 and C.6.
    #[test]
    fn strings_are_decoded() {
        let cases: [(&[u8], &str); 4] = [
            (&[0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff], "www.example.com"),
            (&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf], "no-cache"),
            (&[0x64, 0x02], "302"),
            (&[], ""),
        ];
        for (bytes, text) in cases {
            assert_eq!(decoded(bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_ends_in_no_padding_is_refused() {
        // A byte of padding, padding of zeros, and the end in the middle.
        for bytes in [&[0x64, 0x02, 0xff][..], &[0x00], &[0xff; 4], &[0xff, 0xff, 0xff, 0xfc]] {
            assert_eq!(decoded(bytes), None, "{bytes:x?}");
        }
    }
}
