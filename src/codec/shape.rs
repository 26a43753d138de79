//! What messages of a type are made of, found by reflection once per type.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use protobuf::reflect::{FieldDescriptor, MessageDescriptor, RuntimeFieldType, RuntimeType};

/// A type of messages, as far as the memory goes that its messages take.
///
/// There is one for each type that large messages were received of, and it
/// lasts: a program has only so many types.
pub(super) struct Shape {
    /// How large its struct is.
    pub(super) size: usize,
    descriptor: MessageDescriptor,
    /// Looked at when the first message comes: types may contain one another.
    fields: OnceLock<Fields>,
}

struct Fields {
    /// By number, in order.
    sorted: Box<[(u32, Field)]>,
    /// How many of them grow.
    growing: usize,
}

/// Where the values of a field go. `slot` tells apart those that grow.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// Into the struct, or into a place of their own behind it.
    One(Value),
    /// A message into a box.
    Boxed(&'static Shape),
    /// Into a vector of elements of `width` bytes.
    Many { value: Value, width: usize, slot: usize },
    /// Into a map of entries of `width` bytes.
    Map { key: Value, value: Value, width: usize, slot: usize },
}

#[derive(Clone, Copy)]
pub(super) enum Value {
    Varint,
    Fixed32,
    Fixed64,
    Text,
    Bytes,
    Message(&'static Shape),
}

impl Shape {
    /// The shape of the type with this descriptor.
    pub(super) fn of(descriptor: MessageDescriptor) -> &'static Self {
        static ALL: Mutex<Option<HashMap<MessageDescriptor, &'static Shape>>> = Mutex::new(None);
        // A panic cannot leave half an entry.
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_or_insert_default().entry(descriptor).or_insert_with_key(|descriptor| {
            let size = size_of_val(&*descriptor.new_instance());
            Box::leak(Box::new(Self { size, descriptor: descriptor.clone(), fields: OnceLock::new() }))
        })
    }

    /// The field of this number, if the type has one.
    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<Field> {
        let sorted = &self.fields().sorted;
        // Most types number their fields from 1 on without a gap.
        match sorted.get((number as usize).wrapping_sub(1)) {
            Some((found, field)) if *found == number => Some(*field),
            _ => sorted.binary_search_by_key(&number, |(number, _)| *number).ok().map(|index| sorted[index].1),
        }
    }

    /// How many fields grow with each of their values.
    pub(super) fn growing(&self) -> usize {
        self.fields().growing
    }

    #[inline]
    fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| Fields::of(&self.descriptor))
    }
}

impl Fields {
    fn of(descriptor: &MessageDescriptor) -> Self {
        let mut growing = 0;
        let mut sorted: Vec<_> =
            descriptor.fields().filter_map(|field| Some((number(&field)?, place(&field, &mut growing)?))).collect();
        sorted.sort_unstable_by_key(|(number, _)| *number);
        Self { sorted: sorted.into(), growing }
    }
}

fn number(field: &FieldDescriptor) -> Option<u32> {
    u32::try_from(field.number()).ok()
}

/// Where the field goes; `None` for a group, which is skipped when it is read.
fn place(field: &FieldDescriptor, growing: &mut usize) -> Option<Field> {
    use protobuf::descriptor::field_descriptor_proto::Type;
    if field.proto().type_() == Type::TYPE_GROUP {
        return None;
    }
    let mut slot = || {
        *growing += 1;
        *growing - 1
    };
    Some(match field.runtime_field_type() {
        RuntimeFieldType::Singular(RuntimeType::Message(message)) if field.containing_oneof().is_none() => {
            Field::Boxed(Shape::of(message))
        }
        RuntimeFieldType::Singular(value) => Field::One(Value::of(field, &value)),
        RuntimeFieldType::Repeated(value) => {
            Field::Many { value: Value::of(field, &value), width: width(&value), slot: slot() }
        }
        RuntimeFieldType::Map(key, value) => {
            let width = (width(&key) + width(&value)).next_multiple_of(8);
            let entry = map_entry(field);
            let part = |number| entry.as_ref().and_then(|entry: &MessageDescriptor| entry.field_by_number(number));
            let of = |number, kind| part(number).map_or(Value::Varint, |field| Value::of(&field, kind));
            Field::Map { key: of(1, &key), value: of(2, &value), width, slot: slot() }
        }
    })
}

/// The type of a map's entries: reflection does not tell otherwise how numbers are written.
fn map_entry(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let parent = field.containing_message();
    let name = field.proto().type_name();
    parent.nested_messages().find(|nested| name.rsplit('.').next() == Some(nested.name()))
}

impl Value {
    fn of(field: &FieldDescriptor, value: &RuntimeType) -> Self {
        use protobuf::descriptor::field_descriptor_proto::Type;
        match (value, field.proto().type_()) {
            (RuntimeType::Message(message), _) => Self::Message(Shape::of(message.clone())),
            (RuntimeType::String, _) => Self::Text,
            (RuntimeType::VecU8, _) => Self::Bytes,
            (_, Type::TYPE_FIXED32 | Type::TYPE_SFIXED32 | Type::TYPE_FLOAT) => Self::Fixed32,
            (_, Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 | Type::TYPE_DOUBLE) => Self::Fixed64,
            _ => Self::Varint,
        }
    }
}

/// How many bytes a value takes where it is kept.
fn width(value: &RuntimeType) -> usize {
    match value {
        RuntimeType::Bool => 1,
        RuntimeType::I32 | RuntimeType::U32 | RuntimeType::F32 | RuntimeType::Enum(_) => 4,
        RuntimeType::I64 | RuntimeType::U64 | RuntimeType::F64 => 8,
        RuntimeType::String => size_of::<String>(),
        RuntimeType::VecU8 => size_of::<bytes::Bytes>(),
        RuntimeType::Message(message) => Shape::of(message.clone()).size,
    }
}
