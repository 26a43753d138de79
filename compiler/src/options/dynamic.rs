//! Messages whose types are known only while compiling.

use std::collections::BTreeMap;

use crate::schema::FieldId;

/// The value of a message: its fields by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dynamic {
    pub(crate) fields: BTreeMap<i32, Slot>,
}

/// The values of a field; one, if it is not repeated.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) field: FieldId,
    pub(crate) values: Vec<Value>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f32),
    Double(f64),
    /// Strings too; they need not be UTF-8.
    Bytes(Vec<u8>),
    Enum(i32),
    Message(Dynamic),
}

impl Value {
    /// Whether it is zero or empty, as fields are that are not set.
    pub(crate) fn is_default(&self) -> bool {
        match self {
            Self::Bool(value) => !value,
            Self::Signed(value) => *value == 0,
            Self::Unsigned(value) => *value == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Double(value) => value.to_bits() == 0,
            Self::Bytes(value) => value.is_empty(),
            Self::Enum(value) => *value == 0,
            Self::Message(_) => false,
        }
    }
}

impl Dynamic {
    /// The value of a field that is not repeated.
    pub(crate) fn get(&self, number: i32) -> Option<&Value> {
        self.fields.get(&number)?.values.last()
    }

    /// The values of a repeated field.
    pub(crate) fn list(&self, number: i32) -> &[Value] {
        self.fields.get(&number).map_or(&[], |slot| &slot.values)
    }

    pub(crate) fn is_set(&self, number: i32) -> bool {
        self.fields.contains_key(&number)
    }

    /// Whether a field is there and true.
    pub(crate) fn is_true(&self, number: i32) -> bool {
        matches!(self.get(number), Some(Value::Bool(true)))
    }

    pub(crate) fn enumerated(&self, number: i32) -> Option<i32> {
        match self.get(number) {
            Some(Value::Enum(value)) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn text(&self, number: i32) -> Option<String> {
        match self.get(number) {
            Some(Value::Bytes(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    pub(crate) fn message(&self, number: i32) -> Option<&Dynamic> {
        match self.get(number) {
            Some(Value::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// The messages of a repeated field.
    pub(crate) fn messages(&self, number: i32) -> impl Iterator<Item = &Dynamic> {
        self.list(number).iter().filter_map(|value| match value {
            Value::Message(message) => Some(message),
            _ => None,
        })
    }

    /// Adds a value; one that is not `repeated` takes the place of the present one.
    pub(crate) fn put(&mut self, number: i32, field: FieldId, repeated: bool, value: Value) {
        let slot = self.fields.entry(number).or_insert_with(|| Slot { field, values: Vec::new() });
        if !repeated {
            slot.values.clear();
        }
        slot.values.push(value);
    }

    /// The message in a field, which is made if it is not there.
    pub(crate) fn enter(&mut self, number: i32, field: FieldId) -> Option<&mut Dynamic> {
        let new = || Slot { field, values: vec![Value::Message(Dynamic::default())] };
        match self.fields.entry(number).or_insert_with(new).values.last_mut() {
            Some(Value::Message(message)) => Some(message),
            _ => None,
        }
    }
}
