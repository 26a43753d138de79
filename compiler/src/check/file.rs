//! Checks of files and their imports.

use std::collections::HashSet;

use super::Checker;
use crate::fault::Report;
use crate::schema::{FileId, Schema, ServiceId, feature};
use crate::syntax::ImportKind;

/// Checks that no file is imported twice.
pub(crate) fn imports(schema: &Schema, file: FileId, report: &mut Report) {
    let mut seen = HashSet::new();
    for import in &schema[file].imports {
        if !seen.insert(&import.node.path) {
            let told = report.fault(
                &schema[file].source,
                import.node.at,
                format!("\"{}\" is imported twice", import.node.path),
            );
            told.help("remove one of the imports");
        }
    }
}

/// Warns of imports that the files asked for have no use for.
pub(crate) fn unused_imports(schema: &Schema, report: &mut Report) {
    for file in schema.file_ids().map(|id| &schema[id]).filter(|file| file.asked_for) {
        for import in &file.imports {
            let Some(imported) = import.file else { continue };
            let passes_on = schema[imported].imports.iter().any(|inner| inner.node.kind == ImportKind::Public);
            if import.node.kind != ImportKind::Public && !passes_on && !file.used.contains(imported) {
                report.warning(
                    &file.source,
                    import.node.at,
                    format!("the import \"{}\" is not used", import.node.path),
                );
            }
        }
    }
}

impl Checker<'_> {
    pub(super) fn file(&mut self) {
        let file = &self.schema[self.file];
        if !self.edition.is_legacy() {
            if file.settings.features.field_presence == feature::LEGACY_REQUIRED {
                let told = self.fault(file.edition_at, "a file cannot make all its fields required");
                told.help("set the feature for single fields");
            }
            if file.settings.value.is_true(JAVA_STRING_CHECK_UTF8) {
                let at = self.option_place("java_string_check_utf8");
                let told = self.fault(at, "java_string_check_utf8 is not allowed in editions");
                told.help("use the feature (pb.java).utf8_validation");
            }
        }
        if !self.is_lite(self.file) {
            let lite = file.imports.iter().find(|import| import.file.is_some_and(|imported| self.is_lite(imported)));
            if let Some(import) = lite.filter(|import| import.node.kind != ImportKind::Option) {
                let path = &import.node.path;
                let told =
                    self.fault(import.node.at, format!("\"{path}\" is for the lite runtime, and this file is not"));
                told.help("write `option optimize_for = LITE_RUNTIME;` in this file as well, or in neither");
            }
        }
        self.strict_visibility();
        if file.asked_for {
            self.redaction();
        }
    }

    pub(super) fn service(&mut self, id: ServiceId) {
        let options = &self.schema[self.file].settings.value;
        if self.is_lite(self.file) && (options.is_true(CC_GENERIC_SERVICES) || options.is_true(JAVA_GENERIC_SERVICES)) {
            let at = self.schema[id].name.at;
            let told = self.fault(at, "a file for the lite runtime cannot have generic services");
            told.help("set cc_generic_services and java_generic_services to false");
        }
    }

    /// The place of a simple option of the file.
    fn option_place(&self, name: &str) -> crate::source::At {
        let file = &self.schema[self.file];
        file.settings.written.simple(name).map_or(file.edition_at, |option| option.name[0].at)
    }
}

// Options of files.
const CC_GENERIC_SERVICES: i32 = 16;
const JAVA_GENERIC_SERVICES: i32 = 17;
const JAVA_STRING_CHECK_UTF8: i32 = 27;
