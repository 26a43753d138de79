//! How much memory a message takes once it is decoded, told from its bytes.
//!
//! A few bytes can become many: an empty message in a list is two bytes on the
//! wire and easily a hundred in memory, an unknown field in it five hundred. The
//! bytes are walked over once, along the types, before anything is set aside.

use crate::codec::shape::{Place, Shape, Value};

/// Why a message is not to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// It would take more memory than it may.
    Memory,
    /// One message in it has more unknown fields than [`UNKNOWN_FIELDS`].
    UnknownFields,
}

/// The memory that the decoded message takes, in bytes; an error as soon as it
/// is known to be more than `limit`.
///
/// What cannot be decoded ends the walk: the decoder will say what is wrong. The
/// walk takes all that the decoder takes, and is strict in nothing else.
pub(super) fn weigh(shape: &'static Shape, bytes: &[u8], limit: usize) -> Result<usize, TooMuch> {
    let mut scale =
        Scale { bytes, at: 0, levels: Vec::new(), grown: Vec::new(), unknown: Vec::new(), sum: 0, shared: 0, limit };
    scale.add(shape.size)?;
    scale.enter(Type::Message(shape), bytes.len());
    while let Some(level) = scale.levels.last() {
        if scale.at >= level.end {
            scale.leave();
        } else if scale.field()?.is_none() {
            break;
        }
    }
    // One `bytes` field, be it ever so small, keeps all the bytes that came.
    if scale.shared > 0 {
        scale.add(bytes.len().saturating_sub(scale.shared))?;
    }
    Ok(scale.sum)
}

/// The walk over the bytes of one message.
struct Scale<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The message that is walked through, and those around it.
    levels: Vec<Level>,
    /// The lists and maps of all levels.
    grown: Vec<Grown>,
    /// The numbers of the unknown fields of all levels, in order for each.
    unknown: Vec<u32>,
    sum: usize,
    /// The part of it that is `bytes` fields, which share what came.
    shared: usize,
    limit: usize,
}

struct Level {
    kind: Type,
    end: usize,
    /// Where its part of `grown` and of `unknown` begins.
    grown: usize,
    unknown: usize,
}

#[derive(Clone, Copy)]
enum Type {
    Message(&'static Shape),
    Entry { key: Value, value: Value },
}

/// A list or a map: how many there are, and for how many there is room.
#[derive(Clone, Copy, Default)]
struct Grown {
    count: usize,
    room: usize,
}

impl Scale<'_> {
    fn add(&mut self, bytes: usize) -> Result<(), TooMuch> {
        self.sum = self.sum.saturating_add(bytes);
        if self.sum <= self.limit { Ok(()) } else { Err(TooMuch::Memory) }
    }

    fn enter(&mut self, kind: Type, end: usize) {
        self.levels.push(Level { kind, end, grown: self.grown.len(), unknown: self.unknown.len() });
        if let Type::Message(shape) = kind {
            self.grown.resize(self.grown.len() + shape.growing, Grown::default());
        }
    }

    fn leave(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.grown.truncate(level.grown);
            self.unknown.truncate(level.unknown);
        }
    }

    /// Walks over one field, or to the beginning of the message in it; `None` if
    /// it is not legal.
    fn field(&mut self) -> Result<Option<()>, TooMuch> {
        let Some(level) = self.levels.last() else { return Ok(None) };
        let (kind, end) = (level.kind, level.end);
        let Some(tag) = self.varint(end) else { return Ok(None) };
        let (number, wire) = ((tag >> 3) as u32, tag & 7);
        if number == 0 || tag > u64::from(u32::MAX) {
            return Ok(None);
        }
        let Some(len) = self.skip(wire, end) else { return Ok(None) };
        let field = match kind {
            Type::Message(shape) => shape.place(number),
            Type::Entry { key, .. } if number == 1 => Some(Place::One(key)),
            Type::Entry { value, .. } if number == 2 => Some(Place::One(value)),
            Type::Entry { .. } => return Ok(Some(())),
        };
        let known = match field {
            Some(field) => self.known(field, wire, len)?,
            None => Known::No,
        };
        match known {
            Known::Yes => {}
            Known::Inside if self.levels.len() > DEPTH => return Ok(None),
            Known::Inside => self.at -= len,
            Known::No if matches!(kind, Type::Message(_)) => self.unknown(number, wire, len)?,
            Known::No => {}
        }
        if let (Known::Inside, Some(field)) = (known, field) {
            let kind = match field {
                Place::One(Value::Message(shape)) | Place::Boxed(shape) => Type::Message(shape()),
                Place::Many { value: Value::Message(shape), .. } => Type::Message(shape()),
                Place::Map { key, value, .. } => Type::Entry { key, value },
                Place::One(_) | Place::Many { .. } => return Ok(None),
            };
            self.enter(kind, self.at + len);
        }
        Ok(Some(()))
    }

    /// Adds what the value of a known field takes; it is behind us already.
    fn known(&mut self, field: Place, wire: u64, len: usize) -> Result<Known, TooMuch> {
        match (field, wire) {
            (Place::One(value), wire) if wire == value.wire() => self.value(value, len),
            (Place::Boxed(shape), LEN) => {
                self.add(heap(shape().size))?;
                Ok(Known::Inside)
            }
            (Place::Many { value, width, slot }, wire) if wire == value.wire() => {
                self.grow(slot, 1, 1, width)?;
                self.value(value, len)
            }
            // Packed numbers. Room is made for as many as there could be.
            (Place::Many { value: Value::Varint, width, slot }, LEN) => {
                let numbers = self.bytes[self.at - len..self.at].iter().filter(|byte| **byte < 0x80).count();
                self.grow(slot, len, numbers, width)?;
                Ok(Known::Yes)
            }
            (Place::Many { value: Value::Fixed32, width, slot }, LEN) => {
                self.grow(slot, len / 4, len / 4, width)?;
                Ok(Known::Yes)
            }
            (Place::Many { value: Value::Fixed64, width, slot }, LEN) => {
                self.grow(slot, len / 8, len / 8, width)?;
                Ok(Known::Yes)
            }
            (Place::Map { width, slot, .. }, LEN) => {
                let grown = self.grown_of(slot);
                let more = insert(grown, width);
                self.add(more)?;
                Ok(Known::Inside)
            }
            _ => Ok(Known::No),
        }
    }

    /// Adds what a value takes beside its place in a struct or a list.
    fn value(&mut self, value: Value, len: usize) -> Result<Known, TooMuch> {
        match value {
            Value::Varint | Value::Fixed32 | Value::Fixed64 => Ok(Known::Yes),
            Value::Text => self.add(heap(len)).map(|()| Known::Yes),
            Value::Bytes => {
                self.shared += heap(len);
                self.add(heap(len)).map(|()| Known::Yes)
            }
            Value::Message(_) => Ok(Known::Inside),
        }
    }

    /// Adds what a vector grows by, with room made for `expected` elements of
    /// which `count` come.
    fn grow(&mut self, slot: usize, expected: usize, count: usize, width: usize) -> Result<(), TooMuch> {
        let grown = self.grown_of(slot);
        let before = grown.room;
        let need = grown.count + expected;
        if need > grown.room {
            let least = if width > 1024 {
                1
            } else if width == 1 {
                8
            } else {
                4
            };
            grown.room = need.max(2 * grown.room).max(least);
        }
        grown.count += count;
        let more = (grown.room - before).saturating_mul(width);
        self.add(more)
    }

    fn grown_of(&mut self, slot: usize) -> &mut Grown {
        let base = self.levels.last().map_or(0, |level| level.grown);
        &mut self.grown[base + slot]
    }

    /// Adds what the decoder keeps of a field that it does not know.
    fn unknown(&mut self, number: u32, wire: u64, len: usize) -> Result<(), TooMuch> {
        if wire == GROUP {
            return Ok(());
        }
        let (first, other) = match wire {
            LEN => (96 + heap(len), 40 + heap(len)),
            FIXED32 => (16, 7),
            _ => (32, 13),
        };
        let base = self.levels.last().map_or(0, |level| level.unknown);
        let Err(place) = self.unknown[base..].binary_search(&number) else {
            return self.add(other);
        };
        self.unknown.insert(base + place, number);
        let count = self.unknown.len() - base;
        if count > UNKNOWN_FIELDS {
            return Err(TooMuch::UnknownFields);
        }
        let mut table = Grown { count: count - 1, room: buckets(count - 1) };
        let map = if count == 1 { UNKNOWN_MAP } else { 0 };
        let more = map + insert(&mut table, UNKNOWN_ENTRY);
        self.add(first + more)
    }

    /// Steps over a value; gives the length of its content.
    fn skip(&mut self, wire: u64, end: usize) -> Option<usize> {
        let len = match wire {
            VARINT => {
                let from = self.at;
                self.varint(end)?;
                return Some(self.at - from);
            }
            FIXED64 => 8,
            FIXED32 => 4,
            LEN => usize::try_from(self.varint(end)?).ok()?,
            GROUP => return self.skip_group(end),
            _ => return None,
        };
        self.at = self.at.checked_add(len).filter(|at| *at <= end)?;
        Some(len)
    }

    /// The decoder keeps nothing of groups; in some places it lets one end with
    /// the message around it.
    fn skip_group(&mut self, end: usize) -> Option<usize> {
        let (from, mut depth) = (self.at, 1);
        while depth > 0 && self.at < end {
            match self.varint(end)? & 7 {
                GROUP => depth += 1,
                END_GROUP => depth -= 1,
                wire => {
                    self.skip(wire, end)?;
                }
            }
        }
        Some(self.at - from)
    }

    #[inline]
    fn varint(&mut self, end: usize) -> Option<u64> {
        let mut number = 0;
        for (place, byte) in self.bytes.get(self.at..end)?.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                self.at += place + 1;
                return Some(number);
            }
        }
        None
    }
}

/// What is known of a field that was stepped over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    /// It is a message, to be walked through.
    Inside,
    No,
}

impl Value {
    pub(super) fn wire(self) -> u64 {
        match self {
            Self::Varint => VARINT,
            Self::Fixed32 => FIXED32,
            Self::Fixed64 => FIXED64,
            Self::Text | Self::Bytes | Self::Message(_) => LEN,
        }
    }
}

/// What the allocator takes for so many bytes.
pub(super) fn heap(len: usize) -> usize {
    if len == 0 { 0 } else { len.saturating_add(8 + 15).max(32) & !15 }
}

/// What a map grows by with one more entry.
fn insert(map: &mut Grown, width: usize) -> usize {
    map.count += 1;
    let before = map.room;
    map.room = before.max(buckets(map.count));
    (map.room - before).saturating_mul(width + 1)
}

/// How many places a map has for so many entries.
fn buckets(count: usize) -> usize {
    match count {
        0 => 0,
        1..=3 => 4,
        4..=7 => 8,
        _ => (count * 8 / 7 + 1).next_power_of_two(),
    }
}

/// How many numbers of fields a message may have that its type does not have: they
/// are kept in a map whose hashes anybody can compute.
pub(super) const UNKNOWN_FIELDS: usize = 1000;

/// The map of a message's unknown fields, and one of its entries.
const UNKNOWN_MAP: usize = 64;
const UNKNOWN_ENTRY: usize = 104;

/// Deeper than the decoder goes, which counts 100 messages, but not the entries
/// of maps that they may be in.
const DEPTH: usize = 210;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LEN: u64 = 2;
const GROUP: u64 = 3;
const END_GROUP: u64 = 4;
const FIXED32: u64 = 5;
