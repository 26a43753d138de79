//! Services and their methods.

use super::{Parsed, Parser};
use crate::location::Mark;
use crate::syntax::{Method, Name, OptionList, Service};

impl Parser<'_> {
    pub(super) fn service(&mut self, mark: Mark, into: &mut Vec<Service>) -> Parsed<()> {
        self.next();
        let name = self.located(mark, &[NAME], |parser, _| parser.identifier("the name of the service"))?;
        let mut service = Service { name, ..Service::default() };
        let read = self.service_block(&mut service, mark);
        into.push(service);
        read
    }

    fn service_block(&mut self, service: &mut Service, mark: Mark) -> Parsed<()> {
        self.end_of("{", Some(mark))?;
        while !self.take_end_of("}", None) {
            if self.at_end() {
                return self.unexpected("`}` at the end of the service");
            }
            if self.service_statement(service, mark).is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }

    fn service_statement(&mut self, service: &mut Service, mark: Mark) -> Parsed<()> {
        match self.word() {
            b";" => self.end_of(";", None),
            b"option" => {
                self.located(mark, &[OPTIONS], |parser, mark| parser.option_statement(mark, &mut service.options))
            }
            _ => self.located(mark, &[METHOD, service.methods.len() as i32], |parser, mark| {
                let method = parser.method(mark)?;
                service.methods.push(method);
                Ok(())
            }),
        }
    }

    fn method(&mut self, mark: Mark) -> Parsed<Method> {
        self.expect("rpc")?;
        let name = self.located(mark, &[NAME], |parser, _| parser.identifier("the name of the method"))?;
        let (client_streaming, input) = self.method_type(mark, CLIENT_STREAMING, INPUT)?;
        self.expect("returns")?;
        let (server_streaming, output) = self.method_type(mark, SERVER_STREAMING, OUTPUT)?;
        let mut options = OptionList::default();
        if self.is("{") {
            options.present = true;
            self.method_options(mark, &mut options)?;
        } else {
            self.end_of(";", Some(mark))?;
        }
        Ok(Method { name, input, output, client_streaming, server_streaming, options })
    }

    /// `(stream M)` or `(M)`.
    fn method_type(&mut self, mark: Mark, streaming: i32, name: i32) -> Parsed<(bool, Name)> {
        self.expect("(")?;
        let stream = self.is("stream");
        if stream {
            self.located(mark, &[streaming], |parser, _| parser.next());
        }
        let name = self.located(mark, &[name], |parser, _| parser.type_name())?;
        self.expect(")")?;
        Ok((stream, name))
    }

    fn method_options(&mut self, mark: Mark, options: &mut OptionList) -> Parsed<()> {
        self.end_of("{", Some(mark))?;
        while !self.take_end_of("}", None) {
            if self.at_end() {
                return self.unexpected("`}` at the end of the method");
            }
            if self.take_end_of(";", None) {
                continue;
            }
            let read = self.located(mark, &[METHOD_OPTIONS], |parser, mark| parser.option_statement(mark, options));
            if read.is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }
}

// Fields of `ServiceDescriptorProto` and `MethodDescriptorProto`.
const NAME: i32 = 1;
const METHOD: i32 = 2;
const OPTIONS: i32 = 3;
const INPUT: i32 = 2;
const OUTPUT: i32 = 3;
const METHOD_OPTIONS: i32 = 4;
const CLIENT_STREAMING: i32 = 5;
const SERVER_STREAMING: i32 = 6;
