//! Takes out options that are for sources only.

use super::{Dynamic, Value};
use crate::schema::{Element, Kind, Schema};

/// Takes out of a message what descriptors do not keep. Adds the paths of what is gone to `gone`,
/// each behind `path`.
pub(crate) fn strip(schema: &Schema, message: &mut Dynamic, path: &mut Vec<i32>, gone: &mut Vec<Vec<i32>>) {
    message.fields.retain(|&number, slot| {
        let settings = schema.options(Element::Field(slot.field));
        if settings.enumerated(RETENTION) == Some(RETENTION_SOURCE) {
            gone.push(path.iter().copied().chain([number]).collect());
            return false;
        }
        if !matches!(schema[slot.field].kind, Some(Kind::Message(_))) {
            return true;
        }
        let repeated = schema[slot.field].is_repeated();
        path.push(number);
        for (index, value) in slot.values.iter_mut().enumerate() {
            let Value::Message(inner) = value else { continue };
            if repeated {
                path.push(index as i32);
            }
            strip(schema, inner, path, gone);
            if repeated {
                path.pop();
            }
        }
        path.pop();
        true
    });
}

/// An option of fields, and one of its values.
const RETENTION: i32 = 17;
const RETENTION_SOURCE: i32 = 2;
