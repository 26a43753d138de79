//! Passes over the values of fields whose names are reserved.

use super::aggregate::{Failed, Read, Reader};
use crate::token::Kind;

impl Reader<'_> {
    /// The value of a field of unknown type.
    pub(super) fn skip_value(&mut self) -> Read<()> {
        if self.take(b":") && !self.is(b"{") && !self.is(b"<") {
            return self.skip_scalar();
        }
        self.skip_message()
    }

    fn skip_message(&mut self) -> Read<()> {
        let close = self.open()?;
        while !self.is(b">") && !self.is(b"}") {
            if self.is(b"[") {
                self.bracketed()?;
            } else {
                self.identifier("the name of a field")?;
            }
            self.skip_value()?;
            self.separator()?;
        }
        self.expect(close)?;
        self.depth -= 1;
        Ok(())
    }

    fn skip_scalar(&mut self) -> Read<()> {
        if self.kind() == Kind::String {
            while self.kind() == Kind::String {
                self.at += 1;
            }
            return Ok(());
        }
        if self.take(b"[") {
            return self.skip_list();
        }
        let negative = self.take(b"-");
        let number = matches!(self.kind(), Kind::Integer | Kind::Float);
        let special = matches!(&self.word().to_ascii_lowercase()[..], b"inf" | b"infinity" | b"nan");
        if !number && !(self.kind() == Kind::Identifier && (!negative || special)) {
            return self.unexpected("a value");
        }
        self.at += 1;
        Ok(())
    }

    fn skip_list(&mut self) -> Read<()> {
        if self.depth == DEEPEST {
            self.fault(self.here(), format!("lists can be nested {DEEPEST} deep at most"));
            return Err(Failed);
        }
        self.depth += 1;
        if !self.take(b"]") {
            loop {
                if self.is(b"{") || self.is(b"<") {
                    self.skip_message()?;
                } else {
                    self.skip_scalar()?;
                }
                if self.take(b"]") {
                    break;
                }
                self.expect(",")?;
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

const DEEPEST: usize = 100;
