//! Checks of options against what is said of them: from which edition to which they are known, and
//! what they can be set for.

use super::Checker;
use crate::edition::Edition;
use crate::options::{Dynamic, Value};
use crate::schema::{Element, EnumId, FieldId, Kind};
use crate::source::At;

impl Checker<'_> {
    /// Checks all options of an element.
    pub(super) fn lifetimes(&mut self, element: Element) {
        let settings = self.schema.settings(element);
        if settings.value.fields.is_empty() {
            return;
        }
        let at = settings.written.items.first().map_or(self.schema.place(element), |item| item.name[0].at);
        self.message_lifetimes(&settings.value, element, at);
    }

    fn message_lifetimes(&mut self, message: &Dynamic, element: Element, at: At) {
        for slot in message.fields.values() {
            let field = &self.schema[slot.field];
            let options = &field.settings.value;
            self.lifetime(&field.full_name, options.message(FIELD_SUPPORT), at);
            self.target(slot.field, element, at);
            for value in &slot.values {
                match value {
                    Value::Message(inner) => self.message_lifetimes(inner, element, at),
                    Value::Enum(number) => self.value_lifetime(slot.field, *number, at),
                    _ => {}
                }
            }
        }
    }

    fn value_lifetime(&mut self, field: FieldId, number: i32, at: At) {
        let Some(Kind::Enum(id)) = self.schema[field].kind else { return };
        let value = self.schema[id].values.iter().find(|value| value.number == number);
        if let Some(value) = value {
            self.lifetime(&value.full_name, value.settings.value.message(VALUE_SUPPORT), at);
        }
    }

    fn lifetime(&mut self, name: &str, support: Option<&Dynamic>, at: At) {
        let Some(support) = support else { return };
        let edition = self.edition;
        let (introduced, removed) = (support.enumerated(INTRODUCED).unwrap_or(0), support.enumerated(REMOVED));
        if edition.0 < introduced {
            self.fault(at, format!("`{name}` is known from edition {} on", Edition(introduced)));
        }
        if removed.is_some_and(|removed| edition.0 >= removed) {
            let told = self.fault(at, format!("`{name}` is no longer known in edition {edition}"));
            told.help(support.text(REMOVAL_ERROR).unwrap_or_else(|| "remove it".to_string()));
        } else if support.enumerated(DEPRECATED).is_some_and(|deprecated| edition.0 >= deprecated) {
            let why = support.text(DEPRECATION_WARNING).unwrap_or_default();
            self.warning(at, format!("`{name}` is deprecated in edition {edition}: {why}"));
        }
    }

    /// Whether an option can be set for this kind of element.
    fn target(&mut self, field: FieldId, element: Element, at: At) {
        let field = &self.schema[field];
        let targets = field.settings.value.list(TARGETS);
        if !self.schema[self.file].asked_for {
            return;
        }
        let (what, number) = element.target();
        if !targets.is_empty()
            && !targets.iter().any(|target| matches!(target, Value::Enum(target) if *target == number))
        {
            self.fault(at, format!("the option `{}` cannot be set for a {what}", field.full_name)).help("remove it");
        }
    }

    /// Checks what is said of an option in its definition.
    pub(super) fn field_support(&mut self, id: FieldId) {
        let field = &self.schema[id];
        let Some(support) = field.settings.value.message(FIELD_SUPPORT) else { return };
        self.support(support, field.node.name.at);
        let Some(Kind::Enum(values)) = field.kind else { return };
        for value in &self.schema[values].values {
            let Some(own) = value.settings.value.message(VALUE_SUPPORT) else { continue };
            let bound = |message: &Dynamic, number| message.enumerated(number);
            let later =
                |number| bound(support, number).is_some_and(|most| bound(own, number).is_some_and(|own| own > most));
            let before = bound(own, INTRODUCED).is_some_and(|own| own < bound(support, INTRODUCED).unwrap_or(0));
            if before || later(REMOVED) || later(DEPRECATED) {
                let message =
                    format!("the value `{}` is known in editions in which this field is not", value.full_name);
                self.fault(field.node.name.at, message);
            }
        }
    }

    pub(super) fn value_support(&mut self, id: EnumId, index: u32) {
        let value = &self.schema[id].values[index as usize];
        if let Some(support) = value.settings.value.message(VALUE_SUPPORT) {
            self.support(support, value.name.at);
        }
    }

    fn support(&mut self, support: &Dynamic, at: At) {
        let introduced = support.enumerated(INTRODUCED).unwrap_or(0);
        let (deprecated, removed) = (support.enumerated(DEPRECATED), support.enumerated(REMOVED));
        let mut wrong = Vec::new();
        match deprecated {
            Some(deprecated) if deprecated < introduced => wrong.push("it is deprecated before it is introduced"),
            Some(_) if !support.is_set(DEPRECATION_WARNING) => {
                wrong.push("it is deprecated, and has no deprecation_warning")
            }
            None if support.is_set(DEPRECATION_WARNING) => {
                wrong.push("it has a deprecation_warning, and is not deprecated")
            }
            _ => {}
        }
        match removed {
            Some(removed) if deprecated.unwrap_or(0) >= removed => wrong.push("it is removed before it is deprecated"),
            Some(removed) if removed < introduced => wrong.push("it is removed before it is introduced"),
            Some(removed) if removed != introduced && !support.is_set(REMOVAL_ERROR) => {
                wrong.push("it is removed, and has no removal_error");
            }
            None if support.is_set(REMOVAL_ERROR) => wrong.push("it has a removal_error, and is not removed"),
            _ => {}
        }
        for message in wrong {
            self.fault(at, format!("feature_support makes no sense: {message}"));
        }
    }
}

// Options of fields, and one of the values of enums.
const FIELD_SUPPORT: i32 = 22;
const TARGETS: i32 = 19;
const VALUE_SUPPORT: i32 = 4;

// Fields of `FieldOptions.FeatureSupport`.
const INTRODUCED: i32 = 1;
const DEPRECATED: i32 = 2;
const DEPRECATION_WARNING: i32 = 3;
const REMOVED: i32 = 4;
const REMOVAL_ERROR: i32 = 5;
