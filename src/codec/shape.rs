//! What messages of a type are made of, as the generator tells it.
//!
//! It could be found by reflection, too; but to name the descriptors would keep
//! them in every program, and decoding out of line.

/// A type of messages, as far as the memory goes that its messages take.
///
/// What `puregrpc-build` generates implements it, and so do the well-known types.
pub trait Shaped {
    /// What its messages are made of.
    fn shape() -> &'static Shape;
}

/// The struct of a message, and its fields.
#[derive(Debug)]
pub struct Shape {
    /// How large its struct is.
    pub(super) size: usize,
    pub(super) fields: &'static [Field],
    /// How many of the fields grow.
    pub(super) growing: usize,
    /// Whether all fields are numbers, texts and bytes, one of each.
    pub(super) is_plain: bool,
}

/// A field by its number.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    number: u32,
    place: Place,
}

/// Where the values of a field go. `slot` tells apart those that grow.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Into the struct, or into a place of their own behind it.
    One(Value),
    /// A message into a box.
    Boxed(fn() -> &'static Shape),
    /// Into a vector of elements of `width` bytes.
    Many { value: Value, width: usize, slot: usize },
    /// Into a map of entries of `width` bytes.
    Map { key: Value, value: Value, width: usize, slot: usize },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Varint,
    Fixed32,
    Fixed64,
    Text,
    Bytes,
    Message(fn() -> &'static Shape),
}

impl Shape {
    /// The shape of `M`, which has these fields.
    pub const fn of<M>(fields: &'static [Field]) -> Self {
        let (mut growing, mut is_plain, mut index) = (0, true, 0);
        while index < fields.len() {
            let place = fields[index].place;
            growing += matches!(place, Place::Many { .. } | Place::Map { .. }) as usize;
            is_plain &= matches!(place, Place::One(value) if !matches!(value, Value::Message(_)));
            index += 1;
        }
        Self { size: size_of::<M>(), fields, growing, is_plain }
    }

    /// Where the field of this number goes, if the type has one.
    #[inline]
    pub(super) fn place(&self, number: u32) -> Option<Place> {
        // Most types number their fields from 1 on without a gap.
        let guess = self.fields.get((number as usize).wrapping_sub(1)).filter(|field| field.number == number);
        guess.or_else(|| self.fields.iter().find(|field| field.number == number)).map(|field| field.place)
    }
}

/// One constructor for each kind of value.
impl Field {
    /// A number in as many bytes as it needs, an enum or a bool.
    pub const fn varint(number: u32) -> Self {
        Self::one(number, Value::Varint)
    }

    /// A number of four bytes.
    pub const fn fixed32(number: u32) -> Self {
        Self::one(number, Value::Fixed32)
    }

    /// A number of eight bytes.
    pub const fn fixed64(number: u32) -> Self {
        Self::one(number, Value::Fixed64)
    }

    /// A text.
    pub const fn text(number: u32) -> Self {
        Self::one(number, Value::Text)
    }

    /// Any bytes.
    pub const fn bytes(number: u32) -> Self {
        Self::one(number, Value::Bytes)
    }

    /// A message.
    pub const fn message(number: u32, shape: fn() -> &'static Shape) -> Self {
        Self::one(number, Value::Message(shape))
    }

    /// In a box.
    #[must_use]
    pub const fn boxed(self) -> Self {
        match self.place {
            Place::One(Value::Message(shape)) => Self { place: Place::Boxed(shape), ..self },
            _ => self,
        }
    }

    /// In a list whose elements take so many bytes, the list number `slot` of the message.
    #[must_use]
    pub const fn many(self, width: usize, slot: usize) -> Self {
        match self.place {
            Place::One(value) => Self { place: Place::Many { value, width, slot }, ..self },
            _ => self,
        }
    }

    /// In a map with such keys, whose entries take so many bytes.
    #[must_use]
    pub const fn by(self, key: Self, width: usize, slot: usize) -> Self {
        match (self.place, key.place) {
            (Place::One(value), Place::One(key)) => Self { place: Place::Map { key, value, width, slot }, ..self },
            _ => self,
        }
    }

    const fn one(number: u32, value: Value) -> Self {
        Self { number, place: Place::One(value) }
    }
}
