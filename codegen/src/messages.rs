//! The code of messages and enums: written by protobuf-codegen, then fitted to its new home.

use std::fmt::Write as _;
use std::fs;
use std::panic::{self, AssertUnwindSafe};

use protobuf::descriptor::FileDescriptorProto;
use protobuf_codegen::gen_and_write::gen_and_write;
use protobuf_codegen::{Customize, CustomizeCallback};
use protobuf_parse::ProtoPathBuf;

use crate::comments;
use crate::descriptors;
use crate::docs::Docs;
use crate::fault::Error;
use crate::marks::Marks;
use crate::scope::Ident;
use crate::scratch::Scratch;
use crate::shapes::Shapes;
use crate::table::{Kind, Names};

/// What is needed to write messages.
pub(crate) struct Messages<'a> {
    /// All files, each after those it imports.
    pub(crate) files: &'a [FileDescriptorProto],
    /// The same, as an encoded `FileDescriptorSet`.
    pub(crate) set: &'a [u8],
    pub(crate) names: &'a Names,
    pub(crate) docs: &'a Docs,
    pub(crate) lite: bool,
    /// The path of the runtime crate.
    pub(crate) runtime: &'a str,
}

impl Messages<'_> {
    /// The items of the module of each of the given files, in their order.
    pub(crate) fn write(&self, files: &[&FileDescriptorProto], scratch: &Scratch) -> Result<Vec<String>, Error> {
        let folder = scratch.folder("rust")?;
        let marks = Marks::new(self.names, self.set);
        let renamed: Vec<_> = self.files.iter().map(|file| self.renamed(file, &marks)).collect();
        let paths = files.iter().map(|file| ProtoPathBuf::new(self.file_name(file.name())));
        let paths = paths.collect::<Result<Vec<_>, _>>().map_err(|error| Error::set_up(format!("{error:#}")))?;
        // Lite or not is said once for all: a file that is not lite cannot import one that is.
        let customize = Customize::default().gen_mod_rs(false).lite_runtime(self.lite).tokio_bytes(true);
        let write = || gen_and_write(&renamed, "pure", &paths, &folder, &customize, &Unchanged);
        contained("generator", AssertUnwindSafe(write))?.map_err(|error| Error::set_up(format!("{error:#}")))?;
        let adapted = files.iter().map(|file| {
            let module = self.names.module(file.name()).unwrap_or_default();
            let path = folder.join(format!("{module}.rs"));
            let text = fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
            let well_known = format!("{}::", self.runtime);
            let shapes = Shapes { names: self.names, runtime: self.runtime, well_known: &well_known };
            Ok(self.adapt(&text, file, &marks) + &shapes.write(file)?)
        });
        adapted.collect()
    }

    /// A file as it is called for protobuf-codegen, which makes a module of the last part of its
    /// name only and would write two files of one name over each other; with marks for names.
    fn renamed(&self, file: &FileDescriptorProto, marks: &Marks<'_>) -> FileDescriptorProto {
        let mut file = file.clone();
        marks.file(&mut file);
        file.set_name(self.file_name(file.name()));
        for import in &mut file.dependency {
            *import = self.file_name(import);
        }
        file
    }

    fn file_name(&self, name: &str) -> String {
        self.names.module(name).map_or_else(|| name.to_owned(), |module| format!("{module}.proto"))
    }

    /// Fits the text of a file to the output: documentation in the places that are marked for it, names, paths through
    /// the runtime, and the descriptor with the true names of files.
    fn adapt(&self, text: &str, file: &FileDescriptorProto, marks: &Marks<'_>) -> String {
        let mut out = String::with_capacity(text.len());
        // The head is comments and attributes of the file; ours stand on the module around.
        let mut lines = text.lines().skip_while(|line| !line.starts_with("/// "));
        while let Some(line) = lines.next() {
            let bare = line.trim_start();
            let indent = &line[..line.len() - bare.len()];
            if bare.starts_with("static file_descriptor_proto_data") {
                let literal = descriptors::literal(&descriptors::embedded(file), "    ");
                let _ = writeln!(out, "static file_descriptor_proto_data: &'static [u8] = {literal};");
                lines.by_ref().find(|line| *line == "\";");
            } else if let Some(mark) = bare.strip_prefix("// @@protoc_insertion_point(") {
                for doc in self.docs_at(mark.trim_end_matches(')'), marks) {
                    let _ = writeln!(out, "{indent}{}", comments::doc_line(&doc));
                }
            } else if bare.starts_with("///") {
                let _ = writeln!(out, "{}", marks.unmark_text(line));
            } else if !bare.starts_with("//") {
                if let Some(note) = note(bare, marks) {
                    let _ = writeln!(out, "{indent}{}", comments::doc_line(&note));
                }
                let line = adapt_line(line, self.runtime, marks);
                let line = checks_groups(&line, self.runtime).unwrap_or(line);
                let _ = writeln!(out, "{}", reads_tags(&line, self.runtime).unwrap_or(line));
            }
        }
        out
    }

    /// The documentation for a place, which is called as in `oneof:full.name`.
    fn docs_at(&self, place: &str, marks: &Marks<'_>) -> Vec<String> {
        let Some(mark) = place.rsplit('.').next().and_then(|name| marks.find(name)) else { return Vec::new() };
        let is_lower = place.starts_with("field:") || place.starts_with("enum_value:");
        let ident = if is_lower { &mark.entry.lower } else { &mark.entry.upper };
        documented(self.docs.get(&mark.entry.full_name), ident)
    }
}

/// Documentation, and below it that a name has been changed.
pub(crate) fn documented(docs: &[String], ident: &Ident) -> Vec<String> {
    let note = ident.note();
    let gap = note.is_some() && !docs.is_empty();
    docs.iter().cloned().chain(gap.then(String::new)).chain(note).collect()
}

/// What is to be said of a name that a line defines without a place for documentation.
fn note(line: &str, marks: &Marks<'_>) -> Option<String> {
    let rest = line.strip_prefix("pub ")?;
    let is_function = rest.starts_with("fn ");
    let is_item = is_function || rest.starts_with("mod ") || rest.starts_with("const ");
    let name = if is_item { rest.split_once(' ')?.1 } else { rest };
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    let mark = marks.find(&name[..end])?;
    let is_oneof = mark.entry.kind == Kind::Oneof && name[end..].starts_with(':');
    (is_item || is_oneof).then(|| mark.ident(is_function).note()).flatten()
}

/// Runs a part of protobuf's own tools, whose panics become errors: a build script has more to say than a backtrace.
fn contained<T>(part: &str, run: AssertUnwindSafe<impl FnOnce() -> T>) -> Result<T, Error> {
    panic::catch_unwind(run).map_err(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("no reason is known");
        Error::set_up(format!("the {part} of the protobuf crate cannot deal with these files: {text}"))
    })
}

/// Changes nothing of what protobuf-codegen writes.
struct Unchanged;

impl CustomizeCallback for Unchanged {}

/// Lets the runtime crate step over a field that is not known, if that is what the line does: protobuf's own functions
/// take groups that are closed by another number, or never.
fn checks_groups(line: &str, runtime: &str) -> Option<String> {
    let rest = line.trim_start();
    let indent = &line[..line.len() - rest.len()];
    let (arm, rest) = rest.strip_prefix("_ => ").map_or(("", rest), |rest| ("_ => ", rest));
    let call = rest.strip_prefix(runtime)?.strip_prefix("::protobuf::rt::")?;
    let names = [("read_unknown_or_skip_group(", "read_unknown("), ("skip_field_for_tag(", "skip_unknown(")];
    names.iter().find_map(|(theirs, ours)| {
        let arguments = call.strip_prefix(theirs)?;
        Some(format!("{indent}{arm}{runtime}::codegen::{ours}{arguments}"))
    })
}

/// Lets the runtime crate read a tag, if the line does that: its function is a part of the loop that calls it.
fn reads_tags(line: &str, runtime: &str) -> Option<String> {
    let indent = line.strip_suffix("while let Some(tag) = is.read_raw_tag_or_eof()? {")?;
    Some(format!("{indent}while let Some(tag) = {runtime}::codegen::read_tag(is)? {{"))
}

/// Rewrites the paths and the marks of one line of code; in texts in quotes, marks alone.
fn adapt_line(line: &str, runtime: &str, marks: &Marks<'_>) -> String {
    let mut out = String::with_capacity(line.len() + 32);
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let starts_path = !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let path = ["::protobuf::", "::bytes::"].into_iter().find(|path| starts_path && rest.starts_with(path));
        let length = if let Some(path) = path {
            out.push_str(runtime);
            out.push_str(path);
            path.len()
        } else if first == '"' {
            let length = text_length(rest);
            out.push_str(&marks.unmark_text(&rest[..length]));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let is_function = out.ends_with("::") || out.ends_with("fn ");
            let mark = marks.find(&rest[..length]);
            out.push_str(mark.map_or(&rest[..length], |mark| &mark.ident(is_function).text));
            length
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

/// The length of the text in quotes that a line begins with.
fn text_length(line: &str) -> usize {
    let mut escaped = false;
    for (at, next) in line.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use protobuf::descriptor::{DescriptorProto, FieldDescriptorProto};

    use super::*;

    /// Rewrites a line in which `@0` is the mark of message `M` and `@1` that of its field `gen`.
    fn adapted(line: &str) -> String {
        let mut field = FieldDescriptorProto::new();
        field.set_name("gen".to_owned());
        let mut message = DescriptorProto { field: vec![field], ..Default::default() };
        message.set_name("M".to_owned());
        let mut file = FileDescriptorProto { message_type: vec![message], ..Default::default() };
        file.set_name("a.proto".to_owned());
        let names = Names::of(&[file]);
        let marks = Marks::new(&names, b"");
        let line = line.replace("@0", "Zq0z").replace("@1", "zq1z");
        adapt_line(&line, "::rt", &marks)
    }

    #[test]
    fn paths_go_through_the_runtime() {
        let line = "    pub special_fields: ::protobuf::SpecialFields, ::bytes::Bytes";
        assert_eq!(adapted(line), "    pub special_fields: ::rt::protobuf::SpecialFields, ::rt::bytes::Bytes");
    }

    #[test]
    fn modules_of_messages_called_like_crates_stay() {
        let line = "super::protobuf::Inner, super::bytes::Inner";
        assert_eq!(adapted(line), line);
    }

    #[test]
    fn marks_become_names() {
        assert_eq!(adapted("self.@1 = @0::clear_@1(m.@1);"), "self.r#gen = M::clear_gen(m.r#gen);");
        assert_eq!(adapted("pub fn @1(&self) -> &@0 {"), "pub fn r#gen(&self) -> &M {");
    }

    #[test]
    fn marks_in_texts_become_the_names_of_the_file() {
        assert_eq!(adapted(r#"x("@1", "@0.@1", "::protobuf:: \" @1")"#), r#"x("gen", "M.gen", "::protobuf:: \" gen")"#);
    }
}
