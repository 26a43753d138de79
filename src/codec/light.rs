//! Whether a message surely takes little memory, found out without any of its own.

use crate::codec::shape::{Place, Shape, Value};
use crate::codec::weight::heap;

/// Whether a decoded message surely takes [`LIGHT`] bytes or fewer. `false` means
/// nothing: the message has to be weighed.
///
/// The walk adds up an upper bound for each field by itself. It gives up at what
/// it does not know: unknown fields, groups, deep nesting, malformed bytes.
pub(super) fn is_light(shape: &'static Shape, bytes: &[u8]) -> bool {
    if shape.is_plain {
        return shape.size + shape.fields.len() * heap(1) + bytes.len() <= LIGHT && is_known(shape, bytes);
    }
    let mut walk = Walk { left: LIGHT };
    walk.take(shape.size).and_then(|()| walk.message(shape, bytes, 0)).is_some()
}

/// Whether the type has all fields of a message, none of which grows.
fn is_known(shape: &'static Shape, mut bytes: &[u8]) -> bool {
    let known =
        |field: Field<'_>| matches!(shape.place(field.number), Some(Place::One(value)) if value.wire() == field.wire);
    while !bytes.is_empty() {
        if !Field::read(&mut bytes).is_some_and(known) {
            return false;
        }
    }
    true
}

/// How many bytes a message may have that is light whatever they are, if nothing
/// in its type grows. So few bytes hold at most seven unknown fields.
pub(super) const SMALL: usize = 15;

/// What a message may take without being counted: less than the call around it.
pub(super) const LIGHT: usize = 2048;

struct Walk {
    left: usize,
}

impl Walk {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// The fields of a message, without its struct.
    fn message(&mut self, shape: &'static Shape, mut bytes: &[u8], depth: usize) -> Option<()> {
        while !bytes.is_empty() {
            let field = Field::read(&mut bytes)?;
            self.place(shape.place(field.number)?, &field, depth)?;
        }
        Some(())
    }

    fn place(&mut self, place: Place, field: &Field<'_>, depth: usize) -> Option<()> {
        match place {
            Place::One(value) => self.value(value, field, depth),
            Place::Boxed(shape) => {
                self.take(heap(shape().size))?;
                self.value(Value::Message(shape), field, depth)
            }
            // A vector has room for four at first, and for twice as many when it is full.
            Place::Many { value, width, .. } if field.wire == value.wire() => {
                self.take(width.max(2).saturating_mul(4))?;
                self.value(value, field, depth)
            }
            Place::Many { width, .. } if field.wire == LEN => {
                self.take(width.saturating_mul(2 * field.content.len() + 8))
            }
            // A map, too, has four places at least, and no more than four for each entry.
            Place::Map { key, value, width, .. } if field.wire == LEN => {
                self.take((width + 1).saturating_mul(4))?;
                let mut bytes = field.content;
                while !bytes.is_empty() {
                    let part = Field::read(&mut bytes)?;
                    match part.number {
                        1 => self.value(key, &part, depth)?,
                        2 => self.value(value, &part, depth)?,
                        _ => return None,
                    }
                }
                Some(())
            }
            Place::Many { .. } | Place::Map { .. } => None,
        }
    }

    /// What a value takes beside its place.
    fn value(&mut self, value: Value, field: &Field<'_>, depth: usize) -> Option<()> {
        if field.wire != value.wire() {
            return None;
        }
        match value {
            Value::Varint | Value::Fixed32 | Value::Fixed64 => Some(()),
            Value::Text | Value::Bytes => self.take(heap(field.content.len())),
            Value::Message(shape) if depth < DEPTH => self.message(shape(), field.content, depth + 1),
            Value::Message(_) => None,
        }
    }
}

/// A field as it came.
struct Field<'a> {
    number: u32,
    wire: u64,
    /// What is in it, if it has a length.
    content: &'a [u8],
}

impl<'a> Field<'a> {
    #[inline]
    fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let tag = varint(bytes)?;
        let (number, wire) = (u32::try_from(tag >> 3).ok()?, tag & 7);
        let content = match wire {
            VARINT => {
                varint(bytes)?;
                &[]
            }
            FIXED64 => skip(bytes, 8)?,
            FIXED32 => skip(bytes, 4)?,
            LEN => {
                let len = usize::try_from(varint(bytes)?).ok()?;
                skip(bytes, len)?
            }
            _ => return None,
        };
        Some(Self { number, wire, content })
    }
}

#[inline]
fn skip<'a>(bytes: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (content, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(content)
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    if let [byte @ ..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Some(u64::from(*byte));
    }
    long_varint(bytes)
}

fn long_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            *bytes = &bytes[place + 1..];
            return Some(number);
        }
    }
    None
}

/// How deep the walk goes.
const DEPTH: usize = 8;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LEN: u64 = 2;
const FIXED32: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Shaped;
    use crate::codec::weight::weigh;
    use protobuf::well_known_types::field_mask::FieldMask;
    use protobuf::well_known_types::struct_::{ListValue, Struct, Value as Json};
    use protobuf::well_known_types::wrappers::StringValue;

    /// Bytes that are nearly a message: mostly few numbers, wire types and lengths.
    fn bytes(dice: &mut fastrand::Rng) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < 200 && dice.u8(..) > 5 {
            match dice.u8(..10) {
                0 => bytes.push(dice.u8(..)),
                1..4 => bytes.extend([dice.u8(1..5) << 3 | 2, 0]),
                4..7 => bytes.extend([dice.u8(1..5) << 3 | 2, 2, 10, 0]),
                _ => bytes.extend([dice.u8(1..8) << 3, dice.u8(..128)]),
            }
        }
        bytes
    }

    fn check<M: Shaped>(bytes: &[u8]) -> bool {
        let light = is_light(M::shape(), bytes);
        let weight = weigh(M::shape(), bytes, usize::MAX).unwrap();
        assert!(!light || weight <= LIGHT, "{weight}: {bytes:x?}");
        light
    }

    /// What is called light is never more than that, as the scale has it.
    #[test]
    fn nothing_heavy_is_light() {
        let mut dice = fastrand::Rng::with_seed(7);
        let mut light = 0;
        for _ in 0..50_000 {
            let bytes = bytes(&mut dice);
            light += usize::from(check::<Struct>(&bytes)) + usize::from(check::<ListValue>(&bytes));
            light += usize::from(check::<Json>(&bytes)) + usize::from(check::<FieldMask>(&bytes));
        }
        assert!(light > 2_000, "{light}");
    }

    /// Any bytes of so few are light in a type that does not grow; in others they need not be.
    #[test]
    fn what_cannot_grow_is_light_without_a_look() {
        assert!(StringValue::shape().is_plain && !ListValue::shape().is_plain && !Struct::shape().is_plain);
        for number in 1..8 {
            let unknown: Vec<u8> = (8 - number..8).flat_map(|number| [(number + 1) << 3 | 2, 0]).collect();
            let weight = weigh(StringValue::shape(), &unknown, usize::MAX).unwrap();
            assert!(unknown.len() < SMALL && weight <= LIGHT, "{weight}: {unknown:x?}");
        }
    }
}
