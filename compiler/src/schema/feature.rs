//! Features: what differs between editions, and can be set for files and single elements.
//!
//! The numbers are those of the enums in `google.protobuf.FeatureSet`.

use crate::edition::Edition;
use crate::options::{Dynamic, Value};

/// The features of an element, its own and inherited ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FeatureSet {
    pub(crate) field_presence: i32,
    pub(crate) enum_type: i32,
    pub(crate) repeated_field_encoding: i32,
    pub(crate) utf8_validation: i32,
    pub(crate) message_encoding: i32,
    pub(crate) json_format: i32,
    pub(crate) enforce_naming_style: i32,
    pub(crate) default_symbol_visibility: i32,
}

impl FeatureSet {
    /// What holds in an edition unless a file says otherwise.
    pub(crate) fn of(edition: Edition) -> Self {
        let proto3 = edition >= Edition::PROTO3;
        Self {
            field_presence: if edition == Edition::PROTO3 { IMPLICIT } else { EXPLICIT },
            enum_type: if proto3 { OPEN } else { CLOSED },
            repeated_field_encoding: if proto3 { PACKED } else { EXPANDED },
            utf8_validation: if proto3 { VERIFY } else { NONE },
            message_encoding: LENGTH_PREFIXED,
            json_format: if proto3 { ALLOW } else { LEGACY_BEST_EFFORT },
            enforce_naming_style: if edition >= Edition::E2024 { STYLE2024 } else { STYLE_LEGACY },
            default_symbol_visibility: if edition >= Edition::E2024 { EXPORT_TOP_LEVEL } else { EXPORT_ALL },
        }
    }

    /// These features, and over them those that an element sets itself. Unknown values, which are
    /// zero, are given as the names of their features.
    pub(crate) fn with(mut self, own: &Dynamic) -> (Self, Vec<&'static str>) {
        let mut unknown = Vec::new();
        let fields = [
            (1, "field_presence", &mut self.field_presence),
            (2, "enum_type", &mut self.enum_type),
            (3, "repeated_field_encoding", &mut self.repeated_field_encoding),
            (4, "utf8_validation", &mut self.utf8_validation),
            (5, "message_encoding", &mut self.message_encoding),
            (6, "json_format", &mut self.json_format),
            (7, "enforce_naming_style", &mut self.enforce_naming_style),
            (8, "default_symbol_visibility", &mut self.default_symbol_visibility),
        ];
        for (number, name, feature) in fields {
            match own.get(number) {
                Some(Value::Enum(0)) => unknown.push(name),
                Some(Value::Enum(value)) => *feature = *value,
                _ => {}
            }
        }
        (self, unknown)
    }
}

pub(crate) const EXPLICIT: i32 = 1;
pub(crate) const IMPLICIT: i32 = 2;
pub(crate) const LEGACY_REQUIRED: i32 = 3;
pub(crate) const OPEN: i32 = 1;
pub(crate) const CLOSED: i32 = 2;
pub(crate) const PACKED: i32 = 1;
pub(crate) const EXPANDED: i32 = 2;
pub(crate) const VERIFY: i32 = 2;
pub(crate) const NONE: i32 = 3;
pub(crate) const LENGTH_PREFIXED: i32 = 1;
pub(crate) const DELIMITED: i32 = 2;
pub(crate) const ALLOW: i32 = 1;
pub(crate) const LEGACY_BEST_EFFORT: i32 = 2;
pub(crate) const STYLE2024: i32 = 1;
pub(crate) const STYLE_LEGACY: i32 = 2;
pub(crate) const EXPORT_ALL: i32 = 1;
pub(crate) const EXPORT_TOP_LEVEL: i32 = 2;
pub(crate) const LOCAL_ALL: i32 = 3;
pub(crate) const STRICT: i32 = 4;
