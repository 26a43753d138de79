//! Files: syntax, package, imports and what stands at the top level.

use super::{Failed, Parsed, Parser};
use crate::edition::Edition;
use crate::location::Mark;
use crate::syntax::{Damage, File, Import, ImportKind, Name, OptionList, Visibility};

impl Parser<'_> {
    pub(super) fn file(&mut self) -> File {
        let mut file = File {
            source: self.source.clone(),
            tokens: [].into(),
            edition: Edition::PROTO2,
            edition_at: self.here(),
            package: None,
            imports: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
            extensions: Vec::new(),
            options: OptionList::default(),
            locations: Vec::new(),
            damage: Damage::None,
        };
        if self.locations.wanted() {
            self.pending = self.comments_at_start();
        }
        let root = self.locations.open(None, &[], self.token());
        if (self.is("syntax") || self.is("edition")) && self.syntax(root).is_err() {
            self.damage = Damage::Types;
            return file;
        }
        file.edition = self.edition;
        while !self.at_end() {
            if self.top_level(&mut file, root).is_err() {
                self.skip_statement();
                if self.is("}") {
                    self.fault(self.here(), "this `}` closes nothing").help("remove it");
                    self.next();
                }
            }
        }
        self.locations.close(root, self.previous());
        file
    }

    fn syntax(&mut self, root: Mark) -> Parsed<()> {
        self.located(root, &[SYNTAX], |parser, mark| {
            let edition = parser.is("edition");
            parser.next();
            parser.expect("=")?;
            let at = parser.here();
            let name = parser.string("a string")?;
            parser.end_of(";", Some(mark))?;
            let shown = String::from_utf8_lossy(&name).into_owned();
            let known = match &name[..] {
                _ if edition => Edition::named(&name),
                b"proto2" => Some(Edition::PROTO2),
                b"proto3" => Some(Edition::PROTO3),
                _ => None,
            };
            match known {
                Some(known) => parser.edition = known,
                None if edition => {
                    let told = parser.fault(at, format!("the edition \"{shown}\" is not known"));
                    told.help("the editions are \"2023\" and \"2024\"");
                    return Err(Failed);
                }
                None => {
                    let told = parser.fault(at, format!("the syntax \"{shown}\" is not known"));
                    told.help("write `syntax = \"proto3\";`, `syntax = \"proto2\";` or `edition = \"2023\";`");
                    return Err(Failed);
                }
            }
            Ok(())
        })
    }

    fn top_level(&mut self, file: &mut File, root: Mark) -> Parsed<()> {
        if self.take_end_of(";", None) {
            return Ok(());
        }
        let visibility = self.visibility()?;
        match self.word() {
            b"message" => self.located(root, &[MESSAGE, file.messages.len() as i32], |parser, mark| {
                parser.message(visibility, mark, &mut file.messages)
            }),
            b"enum" => self.located(root, &[ENUM, file.enums.len() as i32], |parser, mark| {
                parser.enumeration(visibility, mark, &mut file.enums)
            }),
            b"service" => self.located(root, &[SERVICE, file.services.len() as i32], |parser, mark| {
                parser.service(mark, &mut file.services)
            }),
            b"extend" => self.located(root, &[EXTENSION], |parser, mark| {
                parser.extend(mark, &mut file.extensions, (root, MESSAGE), &mut file.messages)
            }),
            b"import" => self.import(file, root).or_else(|failed| self.lose_type(failed)),
            b"package" => self.package(file, root),
            b"option" => {
                self.located(root, &[OPTIONS], |parser, mark| parser.option_statement(mark, &mut file.options))
            }
            b"syntax" | b"edition" => {
                let told = self.fault(self.here(), "the syntax or edition is said once, before all else");
                told.help("move the line to the beginning of the file");
                Err(Failed)
            }
            _ => self
                .unexpected("`message`, `enum`, `service`, `extend`, `import`, `package` or `option`")
                .or_else(|failed| self.lose_type(failed)),
        }
    }

    /// `export` or `local`, from edition 2024 on.
    pub(super) fn visibility(&mut self) -> Parsed<Visibility> {
        let visibility = match self.word() {
            _ if self.edition < Edition::E2024 => Visibility::Unset,
            b"export" => Visibility::Export,
            b"local" => Visibility::Local,
            _ => Visibility::Unset,
        };
        if visibility != Visibility::Unset {
            self.next();
            if !self.is("message") && !self.is("enum") {
                return self.unexpected("`message` or `enum` after `export` or `local`");
            }
        }
        Ok(visibility)
    }

    fn package(&mut self, file: &mut File, root: Mark) -> Parsed<()> {
        if file.package.is_some() {
            self.fault(self.here(), "a file has at most one package").help("remove this line");
        }
        self.located(root, &[PACKAGE], |parser, mark| {
            parser.next();
            let mut name = Name { text: String::new(), at: parser.here() };
            loop {
                name.text.push_str(&parser.identifier("the name of the package")?.text);
                if !parser.take(".") {
                    break;
                }
                name.text.push('.');
            }
            file.package = Some(name);
            parser.end_of(";", Some(mark))
        })
    }

    fn import(&mut self, file: &mut File, root: Mark) -> Parsed<()> {
        let start = self.at;
        self.next();
        let count = |file: &File, wanted: &dyn Fn(ImportKind) -> bool| {
            file.imports.iter().filter(|import| wanted(import.kind)).count() as i32
        };
        let kind = match self.word() {
            b"public" => ImportKind::Public,
            b"weak" => ImportKind::Weak,
            b"option" => ImportKind::Option,
            _ => ImportKind::Plain,
        };
        self.check_import(kind, count(file, &|kind| kind == ImportKind::Option) > 0);
        let path = match kind {
            ImportKind::Option => [OPTION_DEPENDENCY, count(file, &|kind| kind == ImportKind::Option)],
            _ => [DEPENDENCY, count(file, &|kind| kind != ImportKind::Option)],
        };
        self.located(root, &path, |parser, mark| {
            parser.locations.start_at(mark, &parser.tokens[start]);
            match kind {
                ImportKind::Plain => {}
                ImportKind::Option => parser.next(),
                ImportKind::Public | ImportKind::Weak => {
                    let number = if kind == ImportKind::Public { PUBLIC_DEPENDENCY } else { WEAK_DEPENDENCY };
                    parser.located(root, &[number, count(file, &|other| other == kind)], |parser, _| parser.next());
                }
            }
            let at = parser.here();
            let path = parser.string("the path of the file to import, in quotes")?;
            file.imports.push(Import { path: String::from_utf8_lossy(&path).into_owned(), kind, at });
            parser.end_of(";", Some(mark))
        })
    }

    fn check_import(&mut self, kind: ImportKind, after_options: bool) {
        let at = self.here();
        if kind == ImportKind::Option {
            if self.edition < Edition::E2024 {
                let told = self.fault(at, "`import option` is known from edition 2024 on");
                told.help("write `import` alone");
            }
        } else if after_options {
            self.fault(at, "this import stands after an `import option`").help("move it before these");
        }
        if kind == ImportKind::Weak && self.edition >= Edition::E2024 {
            self.fault(at, "`import weak` is not allowed from edition 2024 on").help("write `import option`");
        }
    }
}

// Fields of `FileDescriptorProto`.
const PACKAGE: i32 = 2;
const DEPENDENCY: i32 = 3;
const MESSAGE: i32 = 4;
const ENUM: i32 = 5;
const SERVICE: i32 = 6;
const EXTENSION: i32 = 7;
const OPTIONS: i32 = 8;
const PUBLIC_DEPENDENCY: i32 = 10;
const WEAK_DEPENDENCY: i32 = 11;
const SYNTAX: i32 = 12;
const OPTION_DEPENDENCY: i32 = 15;
