//! The values of options that are written as single words.

use super::Value;
use crate::schema::{Kind, Schema};
use crate::syntax::{self, Type};

/// The value of an option of a scalar or enum type, or what is wrong with it.
pub(super) fn value(schema: &Schema, kind: Kind, written: &syntax::Value) -> Result<Value, String> {
    match kind {
        Kind::Enum(id) => {
            let syntax::Value::Identifier(name) = written else {
                return Err(format!("expected the name of a value of `{}`", schema[id].full_name));
            };
            match schema[id].by_name.get(name) {
                Some(&index) => Ok(Value::Enum(schema[id].values[index].number)),
                None => Err(format!("`{}` has no value `{name}`", schema[id].full_name)),
            }
        }
        Kind::Scalar(scalar) => scalar_value(scalar, written),
        Kind::Message(_) | Kind::Group(_) => Err("expected a message in braces: `{ … }`".to_string()),
    }
}

fn scalar_value(scalar: Type, written: &syntax::Value) -> Result<Value, String> {
    match scalar {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => signed(written, i32::MIN.into(), i32::MAX as u64),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => signed(written, i64::MIN, i64::MAX as u64),
        Type::Uint32 | Type::Fixed32 => unsigned(written, u32::MAX.into()),
        Type::Uint64 | Type::Fixed64 => unsigned(written, u64::MAX),
        Type::Float => match written {
            syntax::Value::Positive(value) => Ok(Value::Float(*value as f32)),
            syntax::Value::Negative(value) => Ok(Value::Float(*value as f32)),
            _ => Ok(Value::Float(narrow(double(written)?))),
        },
        Type::Double => Ok(Value::Double(double(written)?)),
        Type::Bool => match written {
            syntax::Value::Identifier(word) if word == "true" => Ok(Value::Bool(true)),
            syntax::Value::Identifier(word) if word == "false" => Ok(Value::Bool(false)),
            _ => Err("expected `true` or `false`".to_string()),
        },
        Type::String | Type::Bytes => match written {
            syntax::Value::String(text) => Ok(Value::Bytes(text.clone())),
            _ => Err("expected a string in quotes".to_string()),
        },
        Type::Group | Type::Message | Type::Enum => Err("expected another value".to_string()),
    }
}

fn signed(written: &syntax::Value, least: i64, most: u64) -> Result<Value, String> {
    match *written {
        syntax::Value::Positive(value) if value <= most => Ok(Value::Signed(value as i64)),
        syntax::Value::Negative(value) if value >= least => Ok(Value::Signed(value)),
        _ => Err(format!("expected an integer from {least} to {most}")),
    }
}

fn unsigned(written: &syntax::Value, most: u64) -> Result<Value, String> {
    match *written {
        syntax::Value::Positive(value) if value <= most => Ok(Value::Unsigned(value)),
        _ => Err(format!("expected an integer from 0 to {most}")),
    }
}

fn double(written: &syntax::Value) -> Result<f64, String> {
    match written {
        syntax::Value::Double(value) => Ok(*value),
        syntax::Value::Positive(value) => Ok(*value as f64),
        syntax::Value::Negative(value) => Ok(*value as f64),
        syntax::Value::Identifier(word) if word == "inf" => Ok(f64::INFINITY),
        syntax::Value::Identifier(word) if word == "nan" => Ok(f64::NAN),
        _ => Err("expected a number".to_string()),
    }
}

/// A double as a float; what is no number keeps its sign.
pub(super) fn narrow(value: f64) -> f32 {
    if value.is_nan() {
        f32::from_bits(0x7FC0_0000 | ((value.to_bits() >> 32) as u32 & 0x8000_0000))
    } else {
        value as f32
    }
}
