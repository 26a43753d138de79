//! Builds one file: links it, interprets its options, resolves its features and checks it.

use std::collections::HashMap;

use crate::check;
use crate::fault::Report;
use crate::features;
use crate::link;
use crate::options::{self, Pass};
use crate::schema::{Element, FileId, Schema};
use crate::syntax::Damage;

/// Builds a file that has been added to the schema, as have its imports.
pub(crate) fn build(schema: &mut Schema, file: FileId, report: &mut Report) {
    check::imports(schema, file, report);
    link::link(schema, file, report);
    check::names_and_numbers(schema, file, report);
    let elements = schema.elements(file);
    let mut moved = HashMap::new();
    interpret(schema, file, &elements, Pass::Known, &mut moved, report);
    features::resolve(schema, file, &elements, report);
    interpret(schema, file, &elements, Pass::Extensions, &mut moved, report);
    relocate(schema, file, &moved);
    if schema[file].damage == Damage::None {
        check::meaning(schema, file, &elements, report);
    }
}

/// Interprets options; notes in `moved` where each one has gone.
fn interpret(
    schema: &mut Schema,
    file: FileId,
    elements: &[Element],
    pass: Pass,
    moved: &mut HashMap<Vec<i32>, Vec<i32>>,
    report: &mut Report,
) {
    for &element in elements {
        if schema.settings(element).written.items.is_empty() {
            continue;
        }
        let paths = options::interpret(schema, file, element, pass, report);
        if schema[file].locations.is_empty() {
            continue;
        }
        let options_path = |schema: &Schema, rest: &[i32]| {
            let mut path = schema.settings(element).path.clone();
            path.push(element.options_number());
            path.extend(rest);
            path
        };
        for (index, path) in paths {
            moved.insert(options_path(schema, &[UNINTERPRETED, index as i32]), options_path(schema, &path));
        }
    }
}

/// Gives the locations of options the paths of the fields that the options stand for. Locations
/// within an option are dropped.
fn relocate(schema: &mut Schema, file: FileId, moved: &HashMap<Vec<i32>, Vec<i32>>) {
    if moved.is_empty() {
        return;
    }
    let mut within: Option<Vec<i32>> = None;
    schema[file].locations.retain_mut(|location| {
        if within.as_ref().is_some_and(|path| location.path.starts_with(path)) {
            return false;
        }
        within = None;
        if let Some(path) = moved.get(&location.path) {
            within = Some(std::mem::replace(&mut location.path, path.clone()));
        }
        true
    });
}

/// The field of all options that uninterpreted ones are in.
const UNINTERPRETED: i32 = 999;
