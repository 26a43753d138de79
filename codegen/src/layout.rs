//! Writes code in the shape that rustfmt gives it, so that formatting the output changes nothing.

use std::fmt::Display;

use crate::comments;
use crate::rust_type::{LIST_WIDTH, Parameter, Type, WIDTH};

/// A text of code that grows line by line.
#[derive(Debug, Default)]
pub(crate) struct Code {
    text: String,
    depth: usize,
}

impl Code {
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The number of columns before a line.
    fn indent(&self) -> usize {
        self.depth * 4
    }

    pub(crate) fn line(&mut self, line: impl Display) {
        let line = line.to_string();
        if !line.is_empty() {
            self.text.push_str(&" ".repeat(self.indent()));
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// Writes several lines as they are, but for the indentation.
    pub(crate) fn lines(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// An empty line, except where a block or the text begins.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A line, and all that is written by `inside` one step further in, and the line that closes it.
    pub(crate) fn block(&mut self, open: impl Display, inside: impl FnOnce(&mut Self), close: &str) {
        self.line(open);
        self.block_of(inside, close);
    }

    /// The same for a block that has been opened.
    pub(crate) fn block_of(&mut self, inside: impl FnOnce(&mut Self), close: &str) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line(close);
    }

    /// Comments of documentation, or one line in their place.
    pub(crate) fn docs(&mut self, docs: &[String], otherwise: &str) {
        if docs.is_empty() {
            self.line(comments::doc_line(otherwise));
        }
        docs.iter().for_each(|doc| self.line(comments::doc_line(doc)));
    }

    /// The head of a function, up to and with its opening brace.
    pub(crate) fn signature(&mut self, head: &str, parameters: &[Parameter], returns: &Type) {
        let list: Vec<_> = parameters.iter().map(ToString::to_string).collect();
        let line = format!("{head}({}) -> {returns} {{", list.join(", "));
        if self.indent() + line.len() <= WIDTH {
            return self.line(line);
        }
        self.parameters(head, parameters);
        let used = self.indent() + ") -> ".len();
        let returns = returns.lay_out(self.indent(), used, WIDTH + 2);
        self.opening(&format!(") -> {returns}"));
    }

    /// The same for a function that returns a `Future` of a type, which is `Send`.
    pub(crate) fn future_signature(&mut self, head: &str, parameters: &[Parameter], output: &Type, end: &str) {
        self.parameters(head, parameters);
        let future = Type::of("impl ::std::future::Future", [output.prefixed("Output = ")]);
        let used = self.indent() + ") -> ".len();
        let send = "+ ::std::marker::Send";
        // rustfmt counts the indentation twice for the first of several bounds.
        if used + self.indent() + future.to_string().len() <= WIDTH + 4 {
            self.line(format!(") -> {future}"));
            self.line(format!("{send}{end}"));
        } else {
            let future = future.broken(self.indent());
            self.line_with(") -> ", &future, &format!(" {send}{end}"));
        }
    }

    /// A constant that is a list.
    pub(crate) fn list(&mut self, constant: &str, items: &[String]) {
        const SHORT: usize = 10;
        let list = items.join(", ");
        let line = format!("{constant} = &[{list}];");
        if list.len() <= LIST_WIDTH && self.indent() + line.len() <= WIDTH {
            self.line(line);
        } else if list.len() <= LIST_WIDTH {
            self.line(format!("{constant} ="));
            self.line(format!("    &[{list}];"));
        } else if items.iter().all(|item| item.len() <= SHORT) {
            // Short items share lines.
            let room = WIDTH.saturating_sub(self.indent() + 4 + 1);
            self.block(format!("{constant} = &["), |code| code.filled(items, room), "];");
        } else {
            let inside = |code: &mut Self| items.iter().for_each(|item| code.line(format!("{item},")));
            self.block(format!("{constant} = &["), inside, "];");
        }
    }

    fn filled(&mut self, items: &[String], room: usize) {
        let mut line = String::new();
        for (index, item) in items.iter().enumerate() {
            let comma = usize::from(index + 1 < items.len());
            if !line.is_empty() && line.len() + 1 + item.len() + comma > room {
                self.line(std::mem::take(&mut line));
            }
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{gap}{item},"));
        }
        self.line(line);
    }

    /// The call of a function that is awaited.
    pub(crate) fn awaited(&mut self, function: &str, arguments: &[&str]) {
        let call = format!("{function}({})", arguments.join(", "));
        let room = WIDTH.saturating_sub(self.indent());
        if call.len() + ".await".len() <= room {
            self.line(format!("{call}.await"));
        } else if call.len() <= room {
            self.line(call);
            self.line("    .await");
        } else {
            let inside = |code: &mut Self| {
                let arguments = arguments.iter();
                arguments.for_each(|argument| code.line(format!("{argument},")));
            };
            self.block(format!("{function}("), inside, ")");
            self.line(".await");
        }
    }

    /// The head of a trait with its bounds.
    pub(crate) fn trait_head(&mut self, name: &str, bounds: &str) {
        const WIDTH: usize = 92;
        let line = format!("pub trait {name}: {bounds} {{");
        if self.indent() + line.len() <= WIDTH {
            return self.line(line);
        }
        self.lines(&format!("pub trait {name}:\n    {bounds}\n{{"));
    }

    /// The head of the implementation of a trait. rustfmt does not count the indentation here.
    pub(crate) fn impl_head(&mut self, what: &str, of: &str) {
        let line = format!("impl{what} for {of} {{");
        if line.len() <= WIDTH {
            return self.line(line);
        }
        self.lines(&format!("impl{what}\n    for {of}\n{{"));
    }

    /// The end of a head and the brace behind it. rustfmt counts the indentation of the line twice
    /// when it looks for the room of the brace.
    fn opening(&mut self, line: &str) {
        let last = line.lines().last().unwrap_or_default();
        let width = if last.len() < line.len() { last.len() } else { self.indent() + last.len() };
        if self.indent() + width + 2 > WIDTH {
            self.line(line);
            self.line("{");
        } else {
            self.line(format!("{line} {{"));
        }
    }

    /// A statement that gives a name to a value.
    pub(crate) fn assign(&mut self, name: &str, value: &str) {
        let line = format!("let {name} = {value};");
        if self.indent() + line.len() <= WIDTH || self.indent() + 4 + value.len() + 1 > WIDTH {
            self.line(line);
        } else {
            self.line(format!("let {name} ="));
            self.line(format!("    {value};"));
        }
    }

    fn parameters(&mut self, head: &str, parameters: &[Parameter]) {
        self.line(format!("{head}("));
        self.depth += 1;
        for Parameter { name, kind } in parameters {
            match kind {
                None => self.line(format!("{name},")),
                Some(kind) => {
                    let used = self.indent() + name.len() + 2;
                    // rustfmt lets a bound be longer than a type.
                    let limit = if kind.head.starts_with("impl ") { WIDTH + 4 } else { WIDTH - 1 };
                    let kind = kind.lay_out(self.indent(), used, limit);
                    self.line_with(&format!("{name}: "), &kind, ",");
                }
            }
        }
        self.depth -= 1;
    }

    /// Writes text of which all lines but the first have their indentation already.
    fn line_with(&mut self, start: &str, laid_out: &str, end: &str) {
        self.line(format!("{start}{laid_out}{end}"));
    }
}
