//! Loads files and all that they import, imports first.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::build;
use crate::bundled;
use crate::fault::Report;
use crate::files::Files;
use crate::parser;
use crate::schema::{FileId, Schema};
use crate::source::{At, Source};
use crate::syntax;

/// Loads and builds files.
pub(crate) struct Loader<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) source_info: bool,
    pub(crate) schema: Schema,
    pub(crate) report: Report,
    asked: HashSet<String>,
    states: HashMap<String, State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Its imports are being loaded.
    Open,
    Built(FileId),
    /// It was not found.
    Missing,
}

/// A file whose imports are being loaded.
struct Frame {
    node: syntax::File,
    imports: Vec<Option<FileId>>,
}

impl<'a> Loader<'a> {
    /// A loader of the files `asked` and of what they import.
    pub(crate) fn new(files: &'a dyn Files, source_info: bool, asked: HashSet<String>) -> Self {
        let schema = BUILT_IN.get_or_init(built_in).clone();
        Self { files, source_info, schema, report: Report::default(), asked, states: HashMap::new() }
    }

    /// Loads a file that is to be compiled.
    pub(crate) fn load(&mut self, path: &str) {
        if self.states.contains_key(path) {
            return;
        }
        let asked = Source::new(path, Vec::new());
        let mut stack: Vec<Frame> = self.open(path, &asked, None).into_iter().collect();
        while let Some(frame) = stack.last_mut() {
            let Some(import) = frame.node.imports.get(frame.imports.len()) else {
                stack.pop().into_iter().for_each(|frame| self.close(frame));
                continue;
            };
            let (path, at, source) = (import.path.clone(), import.at, frame.node.source.clone());
            match self.states.get(&path) {
                Some(State::Built(file)) => frame.imports.push(Some(*file)),
                Some(State::Missing) => {
                    frame.imports.push(None);
                    self.not_found(&path, &source, Some(at));
                }
                Some(State::Open) => {
                    frame.imports.push(None);
                    let ring = ring(&stack, &path);
                    let told = self.report.fault(&source, at, format!("the files import each other: {ring}"));
                    told.help("move what both need into a file of its own");
                }
                None => match self.open(&path, &source, Some(at)) {
                    Some(opened) => stack.push(opened),
                    None => frame.imports.push(None),
                },
            }
        }
    }

    /// Reads and parses a file.
    fn open(&mut self, path: &str, importer: &Source, at: Option<At>) -> Option<Frame> {
        let built_in = || bundled::text(path).map(|text| text.as_bytes().to_vec());
        let text = match self.files.read(path) {
            Ok(text) => text.or_else(built_in),
            Err(error) => {
                self.states.insert(path.to_string(), State::Missing);
                self.unreadable(importer, at, format!("cannot read \"{path}\": {error}"));
                return None;
            }
        };
        let Some(text) = text else {
            self.states.insert(path.to_string(), State::Missing);
            self.not_found(path, importer, at);
            return None;
        };
        if text.len() > LARGEST_FILE {
            self.states.insert(path.to_string(), State::Missing);
            self.unreadable(importer, at, format!("\"{path}\" is larger than {} MiB", LARGEST_FILE >> 20));
            return None;
        }
        self.states.insert(path.to_string(), State::Open);
        let node = parser::parse(&Source::new(path, text), self.source_info, &mut self.report);
        Some(Frame { node, imports: Vec::new() })
    }

    fn close(&mut self, frame: Frame) {
        let path = frame.node.source.name().to_string();
        let file = self.schema.add(frame.node, frame.imports, false, &mut self.report);
        self.schema[file].asked_for = self.asked.contains(&path);
        build::build(&mut self.schema, file, &mut self.report);
        self.states.insert(path, State::Built(file));
    }

    fn not_found(&mut self, path: &str, importer: &Source, at: Option<At>) {
        let told = match at {
            Some(at) => self.report.fault(importer, at, format!("\"{path}\" is not found")),
            None => self.report.file_fault(importer, "this file is not found"),
        };
        told.help(match self.files.looked_in() {
            Some(places) => format!("it was looked for in {places}"),
            None => "give its path from an include folder, with `/` between folders".to_string(),
        });
    }

    fn unreadable(&mut self, importer: &Source, at: Option<At>, message: String) {
        match at {
            Some(at) => drop(self.report.fault(importer, at, message)),
            None => drop(self.report.file_fault(importer, message)),
        }
    }
}

/// The schema with nothing but what describes options where no file imports `descriptor.proto`.
fn built_in() -> Schema {
    let (mut schema, mut report) = (Schema::default(), Report::default());
    let text = bundled::text(bundled::DESCRIPTOR).unwrap_or_default();
    let source = Source::new(bundled::DESCRIPTOR, text.into());
    let node = parser::parse(&source, false, &mut report);
    let file = schema.add(node, Vec::new(), true, &mut report);
    build::build(&mut schema, file, &mut report);
    schema
}

/// It is the same for every run.
static BUILT_IN: OnceLock<Schema> = OnceLock::new();

/// The files that lead from `path` back to it.
fn ring(stack: &[Frame], path: &str) -> String {
    let names = stack.iter().map(|frame| &**frame.node.source.name());
    let from = stack.iter().position(|frame| **frame.node.source.name() == *path).unwrap_or(0);
    names.skip(from).chain([path]).collect::<Vec<_>>().join(" -> ")
}

/// Larger files are refused.
const LARGEST_FILE: usize = 64 << 20;
