//! The values of literals: integers, floating-point numbers and strings.

/// The value of an integer token, or `None` if it is larger than `most` or no number at all.
pub(crate) fn integer(text: &[u8], most: u64) -> Option<u64> {
    let (digits, radix) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => (digits, 8),
        digits => (digits, 10),
    };
    let mut value: u64 = 0;
    for &digit in digits {
        let digit = char::from(digit).to_digit(radix)?;
        value = value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    (value <= most).then_some(value)
}

/// The value of a decimal number with or without point and exponent.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether an integer token is written in octal or hexadecimal.
pub(crate) fn is_octal_or_hex(text: &[u8]) -> bool {
    text.len() > 1 && text[0] == b'0'
}

/// Appends the value of a string token, which has its quotes, to `value`.
pub(crate) fn string(token: &[u8], value: &mut Vec<u8>) {
    let Some((&quote, text)) = token.split_first() else { return };
    let text = text.strip_suffix(&[quote]).unwrap_or(text);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match (byte, text.get(at)) {
            (b'\\', Some(&letter)) => at += 1 + escape(letter, &text[at + 1..], value),
            _ => value.push(byte),
        }
    }
}

/// Appends what an escape stands for, and gives how many bytes after its letter belong to it.
fn escape(letter: u8, rest: &[u8], value: &mut Vec<u8>) -> usize {
    match letter {
        b'0'..=b'7' => {
            let more = rest.iter().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let code =
                rest[..more].iter().fold(u32::from(letter - b'0'), |code, byte| code * 8 + u32::from(byte - b'0'));
            value.push(code as u8);
            more
        }
        b'x' | b'X' => {
            let digits = rest.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
            value.push(hex(&rest[..digits]).unwrap_or(0) as u8);
            digits
        }
        b'u' | b'U' => unicode(letter, rest, value),
        _ => {
            value.push(match letter {
                b'a' => 0x07,
                b'b' => 0x08,
                b'f' => 0x0C,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 0x0B,
                other => other,
            });
            0
        }
    }
}

fn unicode(letter: u8, rest: &[u8], value: &mut Vec<u8>) -> usize {
    let length = if letter == b'u' { 4 } else { 8 };
    let Some(mut point) = rest.get(..length).and_then(hex) else {
        value.push(letter);
        return 0;
    };
    let mut used = length;
    if (0xD800..0xDC00).contains(&point) && rest[used..].starts_with(b"\\u") {
        let low = rest.get(used + 2..used + 6).and_then(hex);
        if let Some(low) = low.filter(|low| (0xDC00..0xE000).contains(low)) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            used += 6;
        }
    }
    utf8(point, value);
    used
}

/// Appends a code point. Half a surrogate pair becomes three bytes that are no UTF-8.
fn utf8(point: u32, value: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | (point >> shift & 0x3F) as u8;
    match point {
        0..0x80 => value.push(point as u8),
        0x80..0x800 => value.extend([0xC0 | (point >> 6) as u8, tail(0)]),
        0x800..0x10000 => value.extend([0xE0 | (point >> 12) as u8, tail(6), tail(0)]),
        0x10000..0x11_0000 => value.extend([0xF0 | (point >> 18) as u8, tail(12), tail(6), tail(0)]),
        _ => value.extend(format!("\\U{point:08x}").bytes()),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(token: &str) -> Vec<u8> {
        let mut value = Vec::new();
        string(token.as_bytes(), &mut value);
        value
    }

    #[test]
    fn integers_are_decimal_octal_or_hexadecimal() {
        assert_eq!(integer(b"10", 10), Some(10));
        assert_eq!(integer(b"017", 100), Some(15));
        assert_eq!(integer(b"0xfF", 255), Some(255));
        assert_eq!(integer(b"0", 0), Some(0));
        assert_eq!(integer(b"11", 10), None);
        assert_eq!(integer(b"18446744073709551615", u64::MAX), Some(u64::MAX));
        assert_eq!(integer(b"18446744073709551616", u64::MAX), None);
        assert_eq!(integer(b"09", 100), None);
    }

    #[test]
    fn escapes_stand_for_bytes_and_characters() {
        assert_eq!(read(r"'\a\b\f\n\r\t\v\\\?\'\x'"), b"\x07\x08\x0C\n\r\t\x0B\\?'\0");
        assert_eq!(read(r#""\1\12\123\1234\377""#), b"\x01\nSS4\xFF");
        assert_eq!(read(r"'\x7\x41\X419'"), b"\x07AA9");
        assert_eq!(read(r"'\u20AC\U0001F600'"), "€😀".as_bytes());
        assert_eq!(read(r"'\ud83d\ude00'"), "😀".as_bytes());
        assert_eq!(read(r"'\ud83dx'"), b"\xED\xA0\xBDx");
        assert_eq!(read("\"it's\""), b"it's");
    }
}
