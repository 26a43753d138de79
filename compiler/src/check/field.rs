//! Checks of fields.

use super::Checker;
use crate::edition::Edition;
use crate::lexer;
use crate::options::Value;
use crate::schema::{FieldId, Kind};
use crate::source::At;
use crate::syntax::{Label, Type};

impl Checker<'_> {
    pub(super) fn field(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let at = field.node.name.at;
        // What is unknown has been reported.
        if field.kind.is_none() || field.container.is_none() {
            return;
        }
        if let Some(container) = field.container {
            if field.is_extension() {
                self.extension(id, container);
            }
            if self.is_message_set(container) {
                self.in_message_set(id);
            }
        }
        self.default(id);
        self.field_options(id);
        if self.schema.is_map(id) {
            self.map(id);
        }
        if !self.edition.is_legacy() {
            self.editions_field(id);
        }
        if self.edition == Edition::PROTO3 {
            self.proto3_field(id);
        }
        if let Some(name) = field.node.json_name.as_ref().filter(|name| name.text.contains(&0)) {
            self.fault(name.at, "a json_name has no zero bytes");
        }
        if self.edition >= Edition::E2024 && field.settings.value.is_set(CTYPE) {
            let told = self.fault(at, "ctype is not allowed from edition 2024 on");
            told.help("use the feature (pb.cpp).string_type");
        }
        self.field_support(id);
    }

    fn in_message_set(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let at = field.node.name.at;
        if !field.is_extension() {
            self.fault(at, "a message set has no fields, only extensions").help("make this an extension");
        } else if field.node.label != Label::Optional || !matches!(field.kind, Some(Kind::Message(_))) {
            self.fault(at, "the extensions of a message set are optional messages");
        }
    }

    fn default(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let Some(default) = &field.node.default else { return };
        if field.is_repeated() {
            self.fault(default.at, "a repeated field has no default value").help("remove the default");
            return;
        }
        match field.kind {
            Some(Kind::Message(_) | Kind::Group(_)) => {
                self.fault(default.at, "a message has no default value").help("remove the default");
            }
            Some(Kind::Enum(id)) => {
                let name = String::from_utf8_lossy(&default.text);
                let full = &self.schema[id].full_name;
                if !lexer::is_identifier(&default.text) {
                    self.fault(default.at, format!("the default of an enum is the name of a value, not `{name}`"));
                } else if !self.schema[id].by_name.contains_key(&*name) {
                    self.fault(default.at, format!("`{full}` has no value `{name}`"));
                }
            }
            _ => {}
        }
    }

    fn field_options(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let options = &field.settings.value;
        let place =
            |name: &str| field.settings.written.simple(name).map_or(field.node.name.at, |option| option.name[0].at);
        if options.is_true(PACKED) && !field.is_packable() {
            let told = self.fault(place("packed"), "only repeated numbers, bools and enums can be packed");
            told.help("remove the option");
        }
        let lazy = [("lazy", LAZY), ("unverified_lazy", UNVERIFIED_LAZY)];
        for (name, number) in lazy.into_iter().filter(|&(_, number)| options.is_true(number)) {
            if !matches!(field.kind, Some(Kind::Message(_))) {
                self.fault(place(name), "only messages can be lazy").help("remove the option");
            } else if number == UNVERIFIED_LAZY && field.is_extension() {
                self.fault(place(name), "an extension cannot be unverified_lazy").help("remove the option");
            }
        }
        if let Some(Value::Enum(jstype @ 1..)) = options.get(JSTYPE) {
            self.jstype(id, *jstype, place("jstype"));
        }
    }

    fn jstype(&mut self, id: FieldId, jstype: i32, at: At) {
        let wide = matches!(
            self.schema[id].kind,
            Some(Kind::Scalar(Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64))
        );
        if !wide || jstype > 2 {
            self.fault(at, "jstype is for integers of 64 bits").help("remove the option");
        }
    }
}

// Options of fields.
const CTYPE: i32 = 1;
const PACKED: i32 = 2;
const LAZY: i32 = 5;
const JSTYPE: i32 = 6;
const UNVERIFIED_LAZY: i32 = 15;
