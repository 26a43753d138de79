//! `google.protobuf.Any` within braces: `[type.googleapis.com/package.Type] { … }`.

use super::aggregate::{Failed, Read, Reader};
use super::{Dynamic, Value, wire};
use crate::lexer;
use crate::schema::{Lookup, MessageId, Symbol, Wanted};
use crate::source::At;
use crate::token::Kind;
use crate::writer::Writer;

impl Reader<'_> {
    /// What stands in brackets: the name of an extension, or the address of a type.
    pub(super) fn bracketed(&mut self) -> Read<String> {
        let at = self.here();
        self.expect("[")?;
        let mut name = String::new();
        while !self.is(b"]") {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.~!$&()*+,;=%/".contains(byte);
            if self.kind() == Kind::End || !self.word().iter().all(allowed) {
                return self.unexpected("`]`");
            }
            name.push_str(&String::from_utf8_lossy(self.word()));
            self.at += 1;
        }
        self.at += 1;
        let (prefix, last) = name.rsplit_once('/').map_or(("x", &name[..]), |(prefix, last)| (prefix, last));
        if prefix.is_empty() || prefix.starts_with('/') || !is_percent_encoded(prefix) {
            self.fault(at, format!("`{prefix}/` cannot begin the address of a type"))
                .help("write `type.googleapis.com/`");
            return Err(Failed);
        }
        if !last.split('.').all(|part| lexer::is_identifier(part.as_bytes())) {
            self.fault(at, format!("`{last}` is not the name of a type or an extension"));
            return Err(Failed);
        }
        Ok(name)
    }

    /// A message within an `Any`: its address is the type, its bytes are the value.
    pub(super) fn any(&mut self, any: MessageId, address: &str, at: At, value: &mut Dynamic) -> Read<()> {
        let Some((prefix, name)) = address.rsplit_once('/') else {
            self.fault(at, format!("the address of the type `{address}` is not complete"))
                .help(format!("write `[type.googleapis.com/{address}]`"));
            return Err(Failed);
        };
        self.take(b":");
        let known = matches!(prefix, "type.googleapis.com" | "type.googleprod.com");
        let found = self.schema.look_up(self.file, "", &format!(".{name}"), Wanted::Any);
        let (true, Lookup::Found(Symbol::Message(message))) = (known, found) else {
            let told = self.fault(at, format!("there is no type `{address}`"));
            told.help("write `type.googleapis.com/` and the full name of a message in this file or an imported one");
            return Err(Failed);
        };
        self.used.push(self.schema[message].file);
        let inner = self.message(message)?;
        self.required(message, &inner, at)?;
        if value.is_set(TYPE_URL) || value.is_set(VALUE) {
            self.fault(at, "the value of an Any is set twice").help("remove one of them");
            return Err(Failed);
        }
        let mut writer = Writer::default();
        wire::write(self.schema, &inner, &mut writer);
        let parts = [(TYPE_URL, address.as_bytes().to_vec()), (VALUE, writer.into_bytes())];
        for (number, bytes) in parts {
            let fields = &self.schema[any].fields;
            let field = fields.iter().find(|&&field| self.schema[field].node.number == number);
            if let Some(&field) = field.filter(|_| !bytes.is_empty()) {
                value.put(number, field, false, Value::Bytes(bytes));
            }
        }
        Ok(())
    }
}

/// Whether two hexadecimal digits follow each `%`.
fn is_percent_encoded(text: &str) -> bool {
    let digits = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(digits)
}

// Fields of `google.protobuf.Any`.
const TYPE_URL: i32 = 1;
const VALUE: i32 = 2;
