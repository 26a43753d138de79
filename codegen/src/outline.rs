//! The definitions of a `.proto` file with their places and comments, which the parser does not keep.
//!
//! The text may be wrong in any way: the parser is the judge of that. This walk never fails; it
//! reads what has the shape of a definition and steps over the rest.

use crate::scan::{self, Place, Token};

/// What a file says, in the order of its text.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// `proto2` where the file does not say.
    pub(crate) proto3: bool,
    pub(crate) edition: Option<Place>,
    /// Empty for a file without one.
    pub(crate) package: String,
    pub(crate) package_place: Option<Place>,
    pub(crate) imports: Vec<Import>,
    pub(crate) definitions: Vec<Definition>,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: String,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Enum,
    Service,
    Oneof,
    Group,
    Field,
    Extension,
    Value,
    Method,
}

#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) kind: Kind,
    /// The names around it, with dots and without the package.
    pub(crate) scope: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    /// The number of a field or of a value of an enum, as it is written.
    pub(crate) number: Option<(String, Place)>,
    /// The oneof that a field belongs to.
    pub(crate) oneof: Option<String>,
    /// An enum that says `option allow_alias = true`.
    pub(crate) aliases: bool,
    pub(crate) comment: String,
}

impl Definition {
    /// The name with all that is around it, without the package.
    pub(crate) fn path(&self) -> String {
        join(&self.scope, &self.name)
    }
}

/// Two names, or lists of names, with a dot between them.
pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

impl Outline {
    pub(crate) fn of(text: &str) -> Self {
        let tokens = scan::tokens(text);
        let mut walk = Walk { tokens: &tokens, next: 0, blocks: Vec::new(), outline: Self::default() };
        while walk.next < tokens.len() {
            walk.statement();
        }
        walk.outline
    }

    /// The name of a definition with the package before it.
    pub(crate) fn full_name(&self, definition: &Definition) -> String {
        join(&self.package, &definition.path())
    }
}

/// A pair of braces that is open.
struct Block {
    kind: Option<Kind>,
    /// The index of its definition.
    definition: Option<usize>,
    /// What it adds to the scope of its members.
    name: Option<String>,
}

struct Walk<'a> {
    tokens: &'a [Token<'a>],
    next: usize,
    blocks: Vec<Block>,
    outline: Outline,
}

impl Walk<'_> {
    fn statement(&mut self) {
        let inside = self.blocks.last().map(|block| block.kind);
        let first = &self.tokens[self.next];
        let opens = self.peek(2, "{");
        match (inside, first.text) {
            (_, "}") => {
                self.blocks.pop();
                self.next += 1;
            }
            (_, ";") => self.next += 1,
            (Some(Some(Kind::Enum)), _) if self.peek(1, "=") => self.member(),
            (None | Some(Some(Kind::Message | Kind::Group)), "message") if opens => self.block(Kind::Message),
            (None | Some(Some(Kind::Message | Kind::Group)), "enum") if opens => self.block(Kind::Enum),
            (Some(Some(Kind::Message)), "oneof") if opens => self.block(Kind::Oneof),
            (None, "service") if opens => self.block(Kind::Service),
            (_, "extend") => self.extend(),
            (Some(Some(Kind::Service)), "rpc") => self.method(),
            (None, "syntax" | "edition" | "package" | "import") => self.header(),
            (_, "option") => self.option(),
            (None, _) | (_, "reserved" | "extensions") => self.skip_statement(),
            (Some(None | Some(Kind::Service)), _) => self.skip_statement(),
            _ => self.member(),
        }
    }

    fn peek(&self, ahead: usize, text: &str) -> bool {
        self.tokens.get(self.next + ahead).is_some_and(|token| token.is(text))
    }

    fn scope(&self) -> String {
        let names = self.blocks.iter().filter_map(|block| block.name.as_deref());
        names.collect::<Vec<_>>().join(".")
    }

    /// Records the definition whose name is the token at `name`, and returns its index.
    fn define(&mut self, kind: Kind, name: usize) -> usize {
        let token = &self.tokens[name];
        self.outline.definitions.push(Definition {
            kind,
            scope: self.scope(),
            name: token.text.to_owned(),
            place: token.place,
            number: None,
            oneof: None,
            aliases: false,
            comment: self.tokens[self.next].above.clone(),
        });
        self.outline.definitions.len() - 1
    }

    /// `message`, `enum`, `service` or `oneof`, a name and `{`.
    fn block(&mut self, kind: Kind) {
        let index = self.define(kind, self.next + 1);
        self.behind(index, self.next + 2);
        let name = self.outline.definitions[index].name.clone();
        // The fields of a oneof belong to the scope of its message.
        let name = (kind != Kind::Oneof).then_some(name);
        self.blocks.push(Block { kind: Some(kind), definition: Some(index), name });
        self.next += 3;
    }

    fn extend(&mut self) {
        while self.next < self.tokens.len() && !self.peek(0, "{") && !self.peek(0, ";") {
            self.next += 1;
        }
        if self.peek(0, "{") {
            self.blocks.push(Block { kind: Some(Kind::Extension), definition: None, name: None });
        }
        self.next += 1;
    }

    fn method(&mut self) {
        if self.next + 1 >= self.tokens.len() {
            self.next += 1;
            return;
        }
        let index = self.define(Kind::Method, self.next + 1);
        let end = self.find_end();
        self.behind(index, end);
        if self.tokens.get(end).is_some_and(|token| token.is("{")) {
            self.blocks.push(Block { kind: None, definition: None, name: None });
        }
        self.next = end + 1;
    }

    /// A field, an extension, a group or a value of an enum: the name stands before `=`.
    fn member(&mut self) {
        let start = self.next;
        let end = self.find_end();
        let equals = (start..end).find(|&at| self.tokens[at].is("="));
        let opens = self.tokens.get(end).is_some_and(|token| token.is("{"));
        if let Some(equals) = equals.filter(|&equals| equals > start) {
            let block = self.blocks.last();
            let kind = match block.and_then(|block| block.kind) {
                _ if opens => Kind::Group,
                Some(Kind::Enum) => Kind::Value,
                Some(Kind::Extension) => Kind::Extension,
                _ => Kind::Field,
            };
            let within = block.filter(|block| block.kind == Some(Kind::Oneof));
            let oneof = within.and_then(|block| block.definition);
            let index = self.define(kind, equals - 1);
            self.behind(index, end);
            let oneof = oneof.map(|oneof| self.outline.definitions[oneof].name.clone());
            self.outline.definitions[index].oneof = oneof;
            self.outline.definitions[index].number = self.number(equals + 1);
        }
        if opens {
            let name = equals.map(|equals| self.tokens[equals - 1].text.to_owned());
            self.blocks.push(Block { kind: Some(Kind::Group), definition: None, name });
        }
        // A closing brace ends the block as well, so it is left for the next statement.
        let closes = self.tokens.get(end).is_some_and(|token| token.is("}"));
        self.next = if closes && end > start { end } else { end + 1 };
    }

    fn number(&self, at: usize) -> Option<(String, Place)> {
        let first = self.tokens.get(at)?;
        if first.is("-") {
            let digits = self.tokens.get(at + 1)?;
            return Some((format!("-{}", digits.text), first.place));
        }
        Some((first.text.to_owned(), first.place))
    }

    /// Takes the comment behind the token at `at` for a definition that has none above it.
    fn behind(&mut self, index: usize, at: usize) {
        let definition = &mut self.outline.definitions[index];
        if definition.comment.is_empty()
            && let Some(token) = self.tokens.get(at)
        {
            definition.comment.clone_from(&token.behind);
        }
    }

    fn header(&mut self) {
        let start = self.next;
        self.skip_statement();
        let tokens = &self.tokens[start..self.next];
        let text = tokens.iter().find(|token| token.kind == scan::Kind::Text);
        match (tokens[0].text, text) {
            ("syntax", Some(text)) => self.outline.proto3 = text.unquoted() == "proto3",
            ("edition", _) => self.outline.edition = Some(tokens[0].place),
            ("import", Some(text)) => {
                let path = text.unquoted().to_owned();
                self.outline.imports.push(Import { path, place: text.place });
            }
            ("package", _) => {
                let words = tokens[1..].iter().filter(|token| token.kind == scan::Kind::Word);
                let words: Vec<_> = words.map(|token| token.text).collect();
                self.outline.package_place = tokens.get(1).map(|token| token.place);
                self.outline.package = words.join(".");
            }
            _ => {}
        }
    }

    fn option(&mut self) {
        let alias = self.peek(1, "allow_alias") && self.peek(3, "true");
        let definition = self.blocks.last().and_then(|block| block.definition);
        if let (true, Some(index)) = (alias, definition) {
            self.outline.definitions[index].aliases = true;
        }
        self.skip_statement();
    }

    /// Moves past the `;` of this statement, over any braces within it.
    fn skip_statement(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.next) {
            match token.text {
                "{" => depth += 1,
                "}" if depth == 0 => return,
                "}" => depth -= 1,
                _ => {}
            }
            self.next += 1;
            if depth == 0 && token.is(";") {
                return;
            }
        }
    }

    /// The index of the `;`, `{` or `}` that ends this statement, outside of all brackets.
    fn find_end(&self) -> usize {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.next) {
            match token.text {
                "[" => depth += 1,
                "]" => depth = depth.saturating_sub(1),
                ";" | "{" | "}" if depth == 0 => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Outline::of(text).definitions.iter().map(Definition::path).collect()
    }

    #[test]
    fn nested_definitions_carry_their_scope() {
        let text = "message A { message B { int32 c = 1; } enum D { E = 0; } oneof f { B g = 2; } }";
        assert_eq!(paths(text), ["A", "A.B", "A.B.c", "A.D", "A.D.E", "A.f", "A.g"]);
    }

    #[test]
    fn fields_of_every_form_are_read() {
        let text = "message A { map<string, int32> b = 1; repeated x.y.Z c = 2 [(o) = { d: 1 }]; .p.Q e = 3; }";
        assert_eq!(paths(text), ["A", "A.b", "A.c", "A.e"]);
    }

    #[test]
    fn methods_are_read_with_and_without_a_body() {
        let text = "service S { rpc A(B) returns (stream C); rpc D(E) returns (F) { option (x) = { g: \"h\" }; } rpc I(J) returns (K); }";
        assert_eq!(paths(text), ["S", "S.A", "S.D", "S.I"]);
    }

    #[test]
    fn header_is_read() {
        let outline = Outline::of("syntax = 'proto3'; package a . b; import public \"c.proto\";");
        assert!(outline.proto3);
        assert_eq!(outline.package, "a.b");
        assert_eq!(outline.imports[0].path, "c.proto");
        assert_eq!(outline.imports[0].place.column, 49);
    }

    #[test]
    fn keywords_are_names_where_they_stand_for_names() {
        let text =
            "enum E { option = 0; reserved = -1; message = 0x2; } message M { string message = 1; int32 rpc = 2; }";
        let outline = Outline::of(text);
        let numbers: Vec<_> = outline.definitions[1..4].iter().map(|d| d.number.clone().map(|n| n.0)).collect();
        assert_eq!(numbers, [Some("0".into()), Some("-1".into()), Some("0x2".into())]);
        assert_eq!(paths(text), ["E", "E.option", "E.reserved", "E.message", "M", "M.message", "M.rpc"]);
    }

    #[test]
    fn comments_above_and_behind_are_kept() {
        let outline =
            Outline::of("// One.\nmessage A { // no\n  int32 b = 1; // Two.\n  // Three.\n  int32 c = 2; // no\n}");
        let comments: Vec<_> = outline.definitions.iter().map(|d| d.comment.as_str()).collect();
        assert_eq!(comments, [" One.\n", " Two.\n", " Three.\n"]);
    }

    #[test]
    fn aliases_and_groups_are_seen() {
        let outline = Outline::of(
            "enum E { option allow_alias = true; A = 0; } message M { optional group G = 1 { optional int32 a = 2; } }",
        );
        assert!(outline.definitions[0].aliases);
        let group = &outline.definitions[3];
        assert_eq!((group.kind, group.name.as_str()), (Kind::Group, "G"));
        assert_eq!(outline.definitions[4].path(), "M.G.a");
    }

    #[test]
    fn broken_text_ends_without_a_panic() {
        for text in [
            "message",
            "message A {",
            "rpc",
            "service S { rpc",
            "} } ;",
            "message A { = ; = 1 }",
            "extend",
            "enum E { A",
            "import",
        ] {
            Outline::of(text);
        }
    }
}
