//! The files of Protocol Buffers itself that every `.proto` file may import: the well-known types,
//! `descriptor.proto`, the features of languages and the protocol of plugins.

/// The text of a built-in file.
pub(crate) fn text(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("google/protobuf/")?;
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}

/// The file that describes options.
pub(crate) const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("bundled/google/protobuf/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = files! {
    "any.proto" "api.proto" "compiler/plugin.proto" "cpp_features.proto" "descriptor.proto" "duration.proto"
    "empty.proto" "field_mask.proto" "go_features.proto" "java_features.proto" "source_context.proto" "struct.proto"
    "timestamp.proto" "type.proto" "wrappers.proto"
};
