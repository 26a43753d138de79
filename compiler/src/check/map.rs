//! Checks of maps.

use super::Checker;
use crate::schema::{FieldId, Kind};
use crate::syntax::Type;

impl Checker<'_> {
    pub(super) fn map(&mut self, id: FieldId) {
        let Some(entry) = self.schema.message_type(id) else { return };
        let at = self.schema[id].node.type_name.at;
        let &[key, value] = &self.schema[entry].fields[..] else { return };
        // Another field can have an entry's type only by its name.
        if self.schema[entry].parent != self.schema[id].scope
            || self.schema[entry].name.at != self.schema[id].node.name.at
        {
            let name = &self.schema[entry].full_name;
            self.fault(at, format!("`{name}` is the type of a map's entries")).help("write a map of your own");
            return;
        }
        let allowed = match self.schema[key].kind {
            Some(Kind::Scalar(scalar)) => !matches!(scalar, Type::Float | Type::Double | Type::Bytes),
            Some(_) => false,
            None => true,
        };
        if !allowed {
            self.fault(at, "the keys of a map are integers, bools or strings").help("use another type for the key");
        }
        if let Some(Kind::Enum(id)) = self.schema[value].kind
            && self.schema[id].values.first().is_some_and(|first| first.number != 0)
        {
            let name = &self.schema[id].full_name;
            self.fault(at, format!("the first value of `{name}` is not 0, as it must be in a map"));
        }
    }
}
