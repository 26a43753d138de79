//! Descriptors of where in the source things come from.

use std::collections::HashSet;

use super::Encoder;
use crate::location::Location;
use crate::schema::FileId;
use crate::writer::Writer;

impl Encoder<'_> {
    pub(super) fn source_info(&mut self, file: FileId, writer: &mut Writer) {
        let locations = &self.schema[file].locations;
        if locations.is_empty() {
            return;
        }
        let gone: HashSet<&[i32]> = self.gone.iter().map(Vec::as_slice).collect();
        let is_gone = |path: &[i32]| !gone.is_empty() && (0..=path.len()).any(|length| gone.contains(&path[..length]));
        writer.message(9, |writer| {
            for location in locations.iter().filter(|location| !is_gone(&location.path)) {
                writer.message(1, |writer| write(location, writer));
            }
        });
    }
}

fn write(location: &Location, writer: &mut Writer) {
    let (start, end) = (location.start, location.end.unwrap_or(location.start));
    let span: &[u32] = if start.0 == end.0 { &[start.0, start.1, end.1] } else { &[start.0, start.1, end.0, end.1] };
    if !location.path.is_empty() {
        writer.message(1, |writer| location.path.iter().for_each(|&part| writer.varint(i64::from(part) as u64)));
    }
    writer.message(2, |writer| span.iter().for_each(|&part| writer.varint(part.into())));
    let comments = &location.comments;
    for (number, text) in [(3, &comments.leading), (4, &comments.trailing)] {
        if !text.is_empty() {
            writer.bytes(number, text);
        }
    }
    for text in &comments.detached {
        writer.bytes(6, text);
    }
}
