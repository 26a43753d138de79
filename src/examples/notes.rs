use std::collections::HashMap;

use puregrpc::Status;

use super::proto::routeguide::RouteNote;

/// The notes of one call, by where they were left.
#[derive(Debug, Default)]
pub(super) struct Notes {
    by_location: HashMap<(i32, i32), Vec<RouteNote>>,
    count: usize,
    /// The length of all their texts.
    bytes: usize,
}

impl Notes {
    /// Remembers a note, and gives those that were left at the same location before it.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED when the call has too many notes, or too long ones.
    pub(super) fn add(&mut self, note: RouteNote) -> Result<&[RouteNote], Status> {
        self.count += 1;
        if self.count > MAX_NOTES {
            let message = format!("more than {MAX_NOTES} notes in one call");
            return Err(Status::resource_exhausted(message));
        }
        self.bytes += note.message.len();
        if self.bytes > MAX_BYTES {
            let message = format!("more than {MAX_BYTES} bytes of notes in one call");
            return Err(Status::resource_exhausted(message));
        }
        let location = (note.location.latitude, note.location.longitude);
        let here = self.by_location.entry(location).or_default();
        here.push(note);
        Ok(&here[..here.len() - 1])
    }
}

const MAX_NOTES: usize = 10_000;
const MAX_BYTES: usize = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use puregrpc::Code;

    use super::*;
    use crate::examples::proto::routeguide::Point;

    fn note(latitude: i32, longitude: i32, message: &str) -> RouteNote {
        let location = Some(Point { latitude, longitude, ..Default::default() }).into();
        RouteNote { location, message: message.into(), ..Default::default() }
    }

    fn messages(notes: &[RouteNote]) -> Vec<&str> {
        notes.iter().map(|note| note.message.as_str()).collect()
    }

    #[test]
    fn earlier_notes_at_the_same_location_are_given_in_order() {
        let mut notes = Notes::default();
        for (latitude, longitude, message, expected) in [
            (0, 0, "one", &[][..]),
            (0, 1, "two", &[]),
            (1, 0, "three", &[]),
            (0, 0, "four", &["one"]),
            (1, 0, "five", &["three"]),
            (0, 0, "six", &["one", "four"]),
        ] {
            let earlier = notes.add(note(latitude, longitude, message)).unwrap();
            assert_eq!(messages(earlier), expected);
        }
    }

    #[test]
    fn missing_location_is_the_origin() {
        let mut notes = Notes::default();
        notes.add(RouteNote { message: "nowhere".into(), ..Default::default() }).unwrap();
        assert_eq!(messages(notes.add(note(0, 0, "origin")).unwrap()), ["nowhere"]);
    }

    #[test]
    fn ten_thousand_notes_are_taken_and_no_more() {
        let mut notes = Notes::default();
        for number in 0..10_000 {
            notes.add(note(number, 0, "")).unwrap();
        }
        let status = notes.add(note(0, 0, "")).unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
    }

    #[test]
    fn four_mebibytes_of_notes_are_taken_and_no_more() {
        let mut notes = Notes::default();
        let text = "x".repeat(1024 * 1024);
        for number in 0..4 {
            notes.add(note(number, 0, &text)).unwrap();
        }
        notes.add(note(9, 0, "")).unwrap();
        let status = notes.add(note(9, 0, "x")).unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
    }
}
