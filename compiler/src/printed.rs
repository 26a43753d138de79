//! Values as descriptors print them: default values are kept as text.

use std::fmt::Write;

/// A double with as few digits as give the same value again: 15, or 17.
pub(crate) fn double(value: f64) -> String {
    special(value).unwrap_or_else(|| {
        let short = general(value, 15);
        if short.parse() == Ok(value) { short } else { general(value, 17) }
    })
}

/// A float with as few digits as give the same value again: 6, or 9.
pub(crate) fn float(value: f32) -> String {
    special(f64::from(value)).unwrap_or_else(|| {
        let short = general(f64::from(value), 6);
        if short.parse() == Ok(value) { short } else { general(f64::from(value), 9) }
    })
}

/// A double as the nearest float. What prints as the largest float is the largest float.
pub(crate) fn narrow(value: f64) -> f32 {
    if value.abs() > f64::from(f32::MAX) && value.abs() <= LARGEST_PRINTED {
        return f32::MAX.copysign(value as f32);
    }
    value as f32
}

/// Bytes as text: what is not printable ASCII becomes an escape.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
            0x20..0x7F => text.push(char::from(byte)),
            _ => write!(text, "\\{byte:03o}").unwrap_or_default(),
        }
    }
    text
}

fn special(value: f64) -> Option<String> {
    let name = match value {
        _ if value.is_nan() => "nan",
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => return None,
    };
    Some(name.to_string())
}

/// As C's `%.*g` prints: that many significant digits, without zeros at the end.
fn general(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.decimals$}")).to_string()
}

fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// The largest float as it is printed with eight digits.
const LARGEST_PRINTED: f64 = 3.4028235677973366e+38;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_printed_as_c_prints_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (0.1, "0.1"),
            (1e10, "10000000000"),
            (1e15, "1e+15"),
            (123456789012345.0, "123456789012345"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e300, "1e+300"),
            (314159.0, "314159"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn floats_are_printed_as_c_prints_them() {
        for (value, text) in
            [(1e10, "1e+10"), (1e-7, "1e-07"), (1234.1234, "1234.12341"), (0.1, "0.1"), (f32::MAX, "3.40282347e+38")]
        {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn doubles_are_narrowed_to_floats() {
        assert_eq!(narrow(1e39), f32::INFINITY);
        assert_eq!(narrow(3.4028235e+38), f32::MAX);
        assert_eq!(narrow(-3.4028235e+38), -f32::MAX);
        assert_eq!(narrow(0.1), 0.1);
    }

    #[test]
    fn bytes_are_escaped() {
        assert_eq!(escaped(b"a\n\r\t\"'\\\x00\xFF\x7F"), "a\\n\\r\\t\\\"\\'\\\\\\000\\377\\177");
    }
}
