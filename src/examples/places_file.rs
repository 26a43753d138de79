//! Reads the file of a data base of places.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};

use super::proto::routeguide::{Feature, Point};

/// Why a data base of places could not be read.
#[derive(Debug)]
pub struct PlacesError {
    file: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Read(io::Error),
    Json(serde_json::Error),
}

impl PlacesError {
    pub(super) fn read(file: &Path, error: io::Error) -> Self {
        Self { file: file.to_owned(), kind: Kind::Read(error) }
    }

    pub(super) fn json(file: &Path, error: serde_json::Error) -> Self {
        Self { file: file.to_owned(), kind: Kind::Json(error) }
    }
}

impl fmt::Display for PlacesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.kind {
            Kind::Read(error) => write!(formatter, "cannot read the data base {file}: {error}"),
            Kind::Json(error) => {
                let (line, column) = (error.line(), error.column());
                let text = error.to_string();
                // The place stands in front, where editors and terminals look for it; they count
                // columns from 1.
                let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
                write!(formatter, "{file}:{line}:{}: {what}; {EXPECTED}", column.max(1))
            }
        }
    }
}

impl Error for PlacesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Read(error) => Some(error),
            Kind::Json(error) => Some(error),
        }
    }
}

/// Reads the features from the text of a file.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Feature>, serde_json::Error> {
    // Some editors put a byte order mark in front, which is no JSON.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let places: Vec<Place> = serde_json::from_slice(text)?;
    Ok(places.into_iter().map(Feature::from).collect())
}

#[derive(Deserialize)]
#[serde(expecting = "a place")]
struct Place {
    location: Location,
    name: String,
}

#[derive(Deserialize)]
#[serde(expecting = "a location")]
struct Location {
    #[serde(deserialize_with = "latitude")]
    latitude: i32,
    #[serde(deserialize_with = "longitude")]
    longitude: i32,
}

impl From<Place> for Feature {
    fn from(Place { location: Location { latitude, longitude }, name }: Place) -> Self {
        let location = Some(Point { latitude, longitude, ..Default::default() }).into();
        Self { name, location, ..Default::default() }
    }
}

fn latitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    degrees(deserializer, "latitude", 900_000_000)
}

fn longitude<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    degrees(deserializer, "longitude", 1_800_000_000)
}

fn degrees<'de, D: Deserializer<'de>>(deserializer: D, name: &str, limit: i64) -> Result<i32, D::Error> {
    let value = i64::deserialize(deserializer)?;
    match i32::try_from(value) {
        Ok(degrees) if value.abs() <= limit => Ok(degrees),
        _ => Err(de::Error::custom(format_args!(
            "{name} {value} is not within -{limit} and {limit} (degrees times ten million)"
        ))),
    }
}

const EXPECTED: &str = "a data base is a JSON list of \
    {\"location\": {\"latitude\": N, \"longitude\": N}, \"name\": \"…\"}";

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let error = parse(text.as_bytes()).unwrap_err();
        PlacesError::json(Path::new("db.json"), error).to_string()
    }

    #[test]
    fn list_of_places_is_read_in_order() {
        let text = r#"[{"location": {"latitude": 1, "longitude": -2}, "name": "here"},
                       {"name": "", "location": {"longitude": 4, "latitude": 3}, "more": []}]"#;
        let features = parse(text.as_bytes()).unwrap();
        let read: Vec<_> =
            features.iter().map(|place| (&*place.name, place.location.latitude, place.location.longitude)).collect();
        assert_eq!(read, [("here", 1, -2), ("", 3, 4)]);
    }

    #[test]
    fn byte_order_mark_is_skipped() {
        assert!(parse(b"\xef\xbb\xbf[]").unwrap().is_empty());
    }

    #[test]
    fn fault_names_file_line_and_column_and_what_is_expected() {
        let text = "[\n  {\"location\": {\"latitude\": 1, \"longitude\": \"x\"}, \"name\": \"\"}\n]";
        let expected = "db.json:2:47: invalid type: string \"x\", expected i64; a data base is a \
            JSON list of {\"location\": {\"latitude\": N, \"longitude\": N}, \"name\": \"…\"}";
        assert_eq!(fault(text), expected);
    }

    #[test]
    fn each_kind_of_broken_file_is_told_apart() {
        let place = |location: &str| format!("[{{\"location\": {location}, \"name\": \"\"}}]");
        for (text, expected) in [
            (String::new(), "db.json:1:1: EOF while parsing a value;"),
            ("[{".into(), "db.json:1:2: EOF while parsing an object;"),
            ("{}".into(), "db.json:1:1: invalid type: map, expected a sequence;"),
            ("[] x".into(), "db.json:1:4: trailing characters;"),
            ("[{\"name\": \"\"}]".into(), "db.json:1:13: missing field `location`;"),
            (place("{\"longitude\": 1}"), "db.json:1:30: missing field `latitude`;"),
            (place("3"), "db.json:1:15: invalid type: integer `3`, expected a location;"),
        ] {
            let fault = fault(&text);
            assert!(fault.starts_with(expected), "{text}: {fault}");
        }
    }

    #[test]
    fn coordinates_beyond_the_globe_are_refused() {
        let text = r#"[{"location": {"latitude": 900000001, "longitude": 0}, "name": ""}]"#;
        assert!(fault(text).contains("latitude 900000001 is not within"), "{}", fault(text));
        let text = r#"[{"location": {"latitude": 0, "longitude": -9000000000}, "name": ""}]"#;
        assert!(fault(text).contains("longitude -9000000000 is not within"), "{}", fault(text));
    }

    #[test]
    fn missing_file_is_named() {
        let error = io::Error::from(io::ErrorKind::NotFound);
        let error = PlacesError::read(Path::new("/no/such.json"), error);
        assert_eq!(error.to_string(), "cannot read the data base /no/such.json: entity not found");
    }
}
