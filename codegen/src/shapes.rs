//! What the library is told of each message, to know what it takes in memory before it is decoded.

use std::fmt::Write as _;

use protobuf::descriptor::field_descriptor_proto::{Label, Type};
use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::fault::Error;
use crate::table::{Home, Names};

/// What shapes are written from.
pub(crate) struct Shapes<'a> {
    pub(crate) names: &'a Names,
    /// The path of the runtime crate.
    pub(crate) runtime: &'a str,
    /// What the module of a well-known type is found in: the runtime crate, or the root.
    pub(crate) well_known: &'a str,
}

impl Shapes<'_> {
    /// The shapes of all messages of a file, for the module of that file.
    pub(crate) fn write(&self, file: &FileDescriptorProto) -> Result<String, Error> {
        let mut text = String::new();
        let scope = if file.package().is_empty() { String::new() } else { format!(".{}", file.package()) };
        for message in &file.message_type {
            self.message(&mut text, file, &scope, message)?;
        }
        Ok(text)
    }

    fn message(
        &self,
        text: &mut String,
        file: &FileDescriptorProto,
        scope: &str,
        message: &DescriptorProto,
    ) -> Result<(), Error> {
        if message.options.map_entry() {
            return Ok(());
        }
        let name = format!("{scope}.{}", message.name());
        let path = self.path(file, &name)?;
        let runtime = format!("{}::codegen", self.runtime);
        let _ = writeln!(text, "\nimpl {runtime}::Shaped for {path} {{");
        let _ = writeln!(text, "    fn shape() -> &'static {runtime}::Shape {{");
        let _ = writeln!(text, "        const {{ &{runtime}::Shape::of::<{path}>(const {{ &[");
        let mut slots = 0;
        for field in message.field.iter().filter(|field| field.type_() != Type::TYPE_GROUP) {
            let _ = writeln!(text, "            {},", self.field(file, message, field, &mut slots)?);
        }
        let _ = writeln!(text, "        ] }}) }}\n    }}\n}}");
        for nested in &message.nested_type {
            self.message(text, file, &name, nested)?;
        }
        Ok(())
    }

    fn field(
        &self,
        file: &FileDescriptorProto,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
        slots: &mut usize,
    ) -> Result<String, Error> {
        let number = field.number();
        if field.label() != Label::LABEL_REPEATED {
            let is_choice = field.has_oneof_index() && !field.proto3_optional();
            let place = if field.type_() == Type::TYPE_MESSAGE && !is_choice { ".boxed()" } else { "" };
            return Ok(self.value(file, number, field)? + place);
        }
        *slots += 1;
        let slot = *slots - 1;
        let Some([key, value]) = map_entry(message, field) else {
            return Ok(format!("{}.many({}, {slot})", self.value(file, number, field)?, self.width(file, field)?));
        };
        let width = format!("({} + {}).next_multiple_of(8)", self.width(file, key)?, self.width(file, value)?);
        Ok(format!("{}.by({}, {width}, {slot})", self.value(file, number, value)?, self.value(file, 1, key)?))
    }

    /// A field of this number with such a value.
    fn value(&self, file: &FileDescriptorProto, number: i32, field: &FieldDescriptorProto) -> Result<String, Error> {
        let start = format!("{}::codegen::Field", self.runtime);
        let kind = match field.type_() {
            Type::TYPE_MESSAGE => {
                let path = self.path(file, field.type_name())?;
                return Ok(format!("{start}::message({number}, <{path} as {}::codegen::Shaped>::shape)", self.runtime));
            }
            Type::TYPE_STRING => "text",
            Type::TYPE_BYTES => "bytes",
            Type::TYPE_DOUBLE | Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 => "fixed64",
            Type::TYPE_FLOAT | Type::TYPE_FIXED32 | Type::TYPE_SFIXED32 => "fixed32",
            _ => "varint",
        };
        Ok(format!("{start}::{kind}({number})"))
    }

    /// How many bytes a value takes where it is kept.
    fn width(&self, file: &FileDescriptorProto, field: &FieldDescriptorProto) -> Result<String, Error> {
        let kind = match field.type_() {
            Type::TYPE_MESSAGE => self.path(file, field.type_name())?,
            Type::TYPE_STRING => "::std::string::String".to_owned(),
            Type::TYPE_BYTES => format!("{}bytes::Bytes", self.well_known),
            Type::TYPE_BOOL => return Ok("1_usize".to_owned()),
            Type::TYPE_DOUBLE | Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 => return Ok("8_usize".to_owned()),
            Type::TYPE_INT64 | Type::TYPE_UINT64 | Type::TYPE_SINT64 => return Ok("8_usize".to_owned()),
            _ => return Ok("4_usize".to_owned()),
        };
        Ok(format!("::std::mem::size_of::<{kind}>()"))
    }

    /// The type of a message, seen from the module of a file.
    fn path(&self, file: &FileDescriptorProto, name: &str) -> Result<String, Error> {
        let message = self.names.message_type(name);
        let message = message.ok_or_else(|| Error::set_up(format!("{}: `{name}` is no message", file.name())))?;
        let own = self.names.module(file.name());
        Ok(match &message.home {
            Home::Runtime(module) => format!("{}{module}::{}", self.well_known, message.path),
            Home::File(module) if Some(module.as_str()) == own => message.path.clone(),
            Home::File(module) => format!("super::{module}::{}", message.path),
        })
    }
}

/// The key and the value of a map, if the field is one.
fn map_entry<'a>(message: &'a DescriptorProto, field: &FieldDescriptorProto) -> Option<[&'a FieldDescriptorProto; 2]> {
    let name = field.type_name().rsplit('.').next()?;
    let entry = message.nested_type.iter().find(|nested| nested.options.map_entry() && nested.name() == name)?;
    let part = |number| entry.field.iter().find(|field| field.number() == number);
    Some([part(1)?, part(2)?])
}
