//! Writes the values of options, fields in the order of their numbers.

use super::{Dynamic, Slot, Value};
use crate::schema::{Field, Kind, Schema};
use crate::syntax::Type;
use crate::writer::{Wire, Writer};

/// Writes a message.
pub(crate) fn write(schema: &Schema, message: &Dynamic, writer: &mut Writer) {
    for slot in message.fields.values() {
        write_slot(schema, slot, writer);
    }
}

fn write_slot(schema: &Schema, slot: &Slot, writer: &mut Writer) {
    let field = &schema[slot.field];
    if let Some(container) = field.container.filter(|_| field.is_extension())
        && schema[container].settings.value.is_true(MESSAGE_SET_WIRE_FORMAT)
    {
        return slot.values.iter().for_each(|value| message_set_item(schema, field, value, writer));
    }
    if field.is_packed() {
        if !slot.values.is_empty() {
            writer.message(field.node.number, |writer| {
                slot.values.iter().for_each(|value| bare(schema, field, value, writer));
            });
        }
        return;
    }
    if schema.is_map(slot.field) {
        return map(schema, slot, field, writer);
    }
    let implicit = !field.is_repeated() && !field.has_presence();
    for value in slot.values.iter().filter(|value| !(implicit && value.is_default())) {
        tagged(schema, field, value, writer);
    }
}

fn tagged(schema: &Schema, field: &Field, value: &Value, writer: &mut Writer) {
    let number = field.node.number;
    if let (Some(Kind::Group(_)), Value::Message(message)) = (field.kind, value) {
        writer.tag(number, Wire::GroupStart);
        write(schema, message, writer);
        return writer.tag(number, Wire::GroupEnd);
    }
    writer.tag(number, wire_type(field.type_number()));
    bare(schema, field, value, writer);
}

/// A value without its tag.
fn bare(schema: &Schema, field: &Field, value: &Value, writer: &mut Writer) {
    let scalar = field.type_number();
    match value {
        Value::Bool(value) => writer.varint(u64::from(*value)),
        Value::Enum(value) => writer.varint(i64::from(*value) as u64),
        Value::Signed(value) => match scalar {
            Type::Sint32 | Type::Sint64 => writer.varint((value << 1 ^ value >> 63) as u64),
            Type::Sfixed32 => writer.fixed32(*value as u32),
            Type::Sfixed64 => writer.fixed64(*value as u64),
            _ => writer.varint(*value as u64),
        },
        Value::Unsigned(value) => match scalar {
            Type::Fixed32 => writer.fixed32(*value as u32),
            Type::Fixed64 => writer.fixed64(*value),
            _ => writer.varint(*value),
        },
        Value::Float(value) => writer.fixed32(value.to_bits()),
        Value::Double(value) => writer.fixed64(value.to_bits()),
        Value::Bytes(value) => writer.length_and(value),
        Value::Message(message) => writer.delimited(|writer| write(schema, message, writer)),
    }
}

/// Entries are written with both their fields, whether they are set or not.
fn map(schema: &Schema, slot: &Slot, field: &Field, writer: &mut Writer) {
    let Some(Kind::Message(message)) = field.kind else { return };
    for value in &slot.values {
        let Value::Message(entry) = value else { continue };
        writer.message(field.node.number, |writer| {
            for &part in &schema[message].fields {
                let part = &schema[part];
                match entry.get(part.node.number) {
                    Some(value) => tagged(schema, part, value, writer),
                    None => tagged(schema, part, &default_of(part.kind), writer),
                }
            }
        });
    }
}

fn default_of(kind: Option<Kind>) -> Value {
    match kind {
        Some(Kind::Enum(_)) => Value::Enum(0),
        Some(Kind::Message(_) | Kind::Group(_)) | None => Value::Message(Dynamic::default()),
        Some(Kind::Scalar(scalar)) => match scalar {
            Type::Bool => Value::Bool(false),
            Type::String | Type::Bytes => Value::Bytes(Vec::new()),
            Type::Float => Value::Float(0.0),
            Type::Double => Value::Double(0.0),
            _ => Value::Unsigned(0),
        },
    }
}

/// A message set writes its extensions as items of type and value.
fn message_set_item(schema: &Schema, field: &Field, value: &Value, writer: &mut Writer) {
    writer.tag(ITEM, Wire::GroupStart);
    writer.int(TYPE_ID, field.node.number.into());
    writer.tag(ITEM_MESSAGE, Wire::Length);
    bare(schema, field, value, writer);
    writer.tag(ITEM, Wire::GroupEnd);
}

fn wire_type(scalar: Type) -> Wire {
    match scalar {
        Type::Fixed32 | Type::Sfixed32 | Type::Float => Wire::Fixed32,
        Type::Fixed64 | Type::Sfixed64 | Type::Double => Wire::Fixed64,
        Type::String | Type::Bytes | Type::Message => Wire::Length,
        Type::Group => Wire::GroupStart,
        _ => Wire::Varint,
    }
}

/// An option of messages.
const MESSAGE_SET_WIRE_FORMAT: i32 = 1;

// Fields of the items of message sets.
const ITEM: i32 = 1;
const TYPE_ID: i32 = 2;
const ITEM_MESSAGE: i32 = 3;
