//! Descriptors that are embedded name what the `.proto` files name.

use puregrpc::protobuf::descriptor::FileDescriptorSet;
use puregrpc::protobuf::reflect::FileDescriptor;
use puregrpc::protobuf::{Message, MessageFull};
use puregrpc_traps as traps;

#[test]
fn sets_are_complete_and_link() {
    let sets = [
        traps::docs::FILE_DESCRIPTOR_SET,
        traps::encoding::FILE_DESCRIPTOR_SET,
        traps::externs::FILE_DESCRIPTOR_SET,
        traps::file_names::FILE_DESCRIPTOR_SET,
        traps::imports::FILE_DESCRIPTOR_SET,
        traps::keywords::FILE_DESCRIPTOR_SET,
        traps::lite::keywords::FILE_DESCRIPTOR_SET,
        traps::packages::FILE_DESCRIPTOR_SET,
        traps::preludes::FILE_DESCRIPTOR_SET,
        traps::proto2::FILE_DESCRIPTOR_SET,
        traps::same_stem::FILE_DESCRIPTOR_SET,
        traps::types::FILE_DESCRIPTOR_SET,
        traps::vendored::FILE_DESCRIPTOR_SET,
        traps::well_known::FILE_DESCRIPTOR_SET,
    ];
    for set in sets {
        let set = FileDescriptorSet::parse_from_bytes(set).unwrap();
        let count = set.file.len();
        assert_eq!(FileDescriptor::new_dynamic_fds(set.file, &[]).unwrap().len(), count);
    }
}

#[test]
fn files_of_one_name_keep_their_folders() {
    let pair = traps::same_stem::same::Pair::descriptor();
    let file = pair.file_descriptor_proto();
    assert_eq!(file.name(), "main.proto");
    assert_eq!(file.dependency, ["a/common.proto", "b/common.proto"]);
    let common = traps::same_stem::same::b::Common::descriptor();
    assert_eq!(common.full_name(), "same.b.Common");
    assert_eq!(common.file_descriptor_proto().name(), "b/common.proto");
}

#[test]
fn files_keep_names_that_are_none_in_rust() {
    let file = traps::file_names::names::FromType::descriptor();
    assert_eq!(file.file_descriptor_proto().dependency, ["2nd-file.v1.proto"]);
}

#[test]
fn public_imports_are_reached() {
    let own = traps::imports::imports::Own::descriptor();
    let field = own.field_by_name("deep").unwrap();
    assert_eq!(field.proto().type_name(), ".imports.shared.Deep");
}

#[test]
fn copies_of_bundled_files_give_way_to_the_protobuf_crate() {
    let mut at = traps::vendored::vendored::At::new();
    at.time = Some(puregrpc::protobuf::well_known_types::timestamp::Timestamp::now()).into();
    assert!(at.to_string().contains("seconds"));
}

#[test]
fn options_of_methods_are_kept() {
    let set = FileDescriptorSet::parse_from_bytes(traps::proto2::FILE_DESCRIPTOR_SET).unwrap();
    let file = set.file.iter().find(|file| file.name() == "proto2.proto").unwrap();
    let rule = traps::proto2::proto2::exts::rule.get(&file.service[0].method[0].options).unwrap();
    assert_eq!(rule.get(), "/v1/{name=*}");
    assert_eq!(rule.tags, ["a;b", "c}"]);
}
