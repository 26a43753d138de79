//! `grpc-timeout`: at most eight digits and a unit.

use std::time::Duration;

/// Reads a `grpc-timeout` value (grpc/doc/PROTOCOL-HTTP2.md, "Timeout").
///
/// Returns `None` if it is malformed. The longest legal value, `99999999H`, is about
/// 11,415 years and fits into a `Duration`.
pub(crate) fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    let number = digits
        .iter()
        .try_fold(0u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

/// Writes a `grpc-timeout` value in the finest unit whose digits fit. It is rounded up,
/// so that the peer never gives up before this side does.
pub(crate) fn format(timeout: Duration) -> String {
    let nanos = timeout.as_nanos();
    for (unit, size) in UNITS {
        let number = nanos.div_ceil(size);
        if number <= MAX_NUMBER {
            return format!("{number}{unit}");
        }
    }
    format!("{MAX_NUMBER}H")
}

const MAX_DIGITS: usize = 8;
const MAX_NUMBER: u128 = 99_999_999;
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60 * 1_000_000_000),
    ('H', 3600 * 1_000_000_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// S11: one to eight digits and a unit; the greatest value does not overflow.
    #[test]
    fn legal_timeouts_are_read() {
        let table = [
            ("1H", Duration::from_secs(3600)),
            ("2M", Duration::from_secs(120)),
            ("3S", Duration::from_secs(3)),
            ("4m", Duration::from_millis(4)),
            ("5u", Duration::from_micros(5)),
            ("6n", Duration::from_nanos(6)),
            ("0S", Duration::ZERO),
            ("00000001S", Duration::from_secs(1)),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ];
        for (text, timeout) in table {
            assert_eq!(parse(text.as_bytes()), Some(timeout), "{text}");
        }
    }

    /// S12: any other value is malformed.
    #[test]
    fn malformed_timeouts_are_refused() {
        for text in ["", "S", "5", "123456789S", "5s", "-1S", "+1S", "1.5S", " 1S", "1 S", "1S ", "\u{e9}1S", "1\u{e9}"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    /// C11: eight digits at most, rounded up.
    #[test]
    fn timeouts_are_written_in_the_finest_unit_that_fits() {
        let table = [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(100_000_001), "1666667M"),
            (Duration::MAX, "99999999H"),
        ];
        for (timeout, text) in table {
            assert_eq!(format(timeout), text);
        }
    }

    #[test]
    fn what_is_written_is_read_and_never_shorter() {
        for shift in 0..96 {
            let nanos = 1u128 << shift;
            let timeout = Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32);
            let read = parse(format(timeout).as_bytes());
            assert!(read.is_some_and(|read| read >= timeout.min(parse(b"99999999H").unwrap())), "{timeout:?}");
        }
    }
}
