use std::time::Duration;

/// Reads a length of time: "1.5s", "300ms", "2m", or a number of seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let seconds_a_unit = match &text[number.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        unit => return Err(format!("unknown unit \"{unit}\", {EXPECTED}")),
    };
    let number: f64 = number.parse().map_err(|_| EXPECTED.to_owned())?;
    Duration::try_from_secs_f64(number * seconds_a_unit).map_err(|error| format!("{error}, {EXPECTED}"))
}

const EXPECTED: &str = "expected a number and ms, s, m or h, as in 1.5s";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_of_time_is_a_number_and_a_unit() {
        for (text, milliseconds) in
            [("0", 0), ("3", 3_000), ("1.5s", 1_500), ("300ms", 300), ("2m", 120_000), ("1h", 3_600_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "s", "5d", "-1s", "1e300h", "NaN", "inf", "1.5.5", "5 s", "٣s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
