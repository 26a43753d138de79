//! Messages with odd names hold, encode and print what they should.

use puregrpc::protobuf::Message;
use puregrpc_traps::{
    editions, every_proto2, every_proto3, externs, keywords, lite, packages, preludes, proto2, same_stem, types,
};

#[test]
fn fields_that_are_keywords_are_encoded() {
    use keywords::keywords::type_::fn_::gen_::{Words_, words_};

    let mut words = Words_::new();
    words.r#gen = "gen".to_owned();
    words.r#try = vec![1, 2].into();
    words.type_ = vec![3];
    words.self_ = Some(true);
    words.dyn_ = Some(words_::Dyn::Async("async".to_owned()));
    let copy = Words_::parse_from_bytes(&words.write_to_bytes().unwrap()).unwrap();
    assert_eq!(copy, words);
    assert_eq!(copy.async_(), "async");
    let text = "gen: \"gen\" try: \"\\001\\002\" type: 3 async: \"async\" self: true";
    assert_eq!(copy.to_string(), text);
}

#[test]
fn features_of_editions_decide_what_is_written() {
    use editions::editions::{Explicit, Implicit, explicit, implicit};

    let implicit = Implicit {
        optional: Some(0),
        packed: vec![1, 2],
        choice: Some(implicit::Choice::Nan(0)),
        ..Default::default()
    };
    assert_eq!(implicit.write_to_bytes().unwrap(), [0x10, 0, 0x1A, 2, 1, 2, 0x28, 0]);
    let mut explicit =
        Explicit { packed: vec![1, 2], expanded: vec![1, 2], text: Some(String::new()), ..Default::default() };
    assert!(explicit.write_to_bytes().is_err(), "a required field is missing");
    explicit.required = Some(1);
    explicit.level = Some(explicit::Level::LEVEL_HIGH.into());
    assert_eq!(explicit.write_to_bytes().unwrap(), [0x0A, 0, 0x12, 2, 1, 2, 0x18, 1, 0x18, 2, 0x20, 1, 0x28, 2]);
    assert_eq!(Explicit::new().text(), "none");
    assert_eq!(
        explicit.to_string(),
        "text: \"\" packed: 1 packed: 2 expanded: 1 expanded: 2 required: 1 level: LEVEL_HIGH"
    );
}

#[test]
fn messages_without_reflection_are_the_same_on_the_wire() {
    let mut full = keywords::keywords::type_::fn_::gen_::Words_::new();
    full.r#gen = "gen".to_owned();
    let bytes = full.write_to_bytes().unwrap();
    let lite = lite::keywords::keywords::type_::fn_::gen_::Words_::parse_from_bytes(&bytes).unwrap();
    assert_eq!(lite.r#gen, "gen");
}

#[test]
fn messages_called_like_crates_are_encoded() {
    use preludes::preludes::{bytes, protobuf};

    let mut outer = protobuf::Inner::new();
    outer.bytes = Some(bytes::Inner { data: vec![7].into(), ..Default::default() }).into();
    assert_eq!(outer.to_string(), "bytes {data: \"\\007\"}");
}

#[test]
fn package_and_messages_of_one_module_are_both_there() {
    let inner = packages::acme::v1::outer::Inner::new();
    let thing = packages::acme::v1::outer::Thing::new();
    assert_eq!(inner.compute_size() + thing.compute_size(), 0);
    let deeper = packages::mine::deep::Deeper { inner: Some(inner).into(), ..Default::default() };
    assert_eq!(deeper.to_string(), "inner {}");
}

#[test]
fn messages_of_another_module_are_the_same_types() {
    let common = same_stem::same::a::Common::new();
    let holder = externs::externs::Holder { common: Some(common).into(), ..Default::default() };
    assert!(holder.common.is_some());
}

#[test]
fn values_of_one_number_are_equal() {
    use types::types::tree::Colour;

    assert_eq!(Colour::GREEN, Colour::VERT);
    assert_ne!(Colour::GREEN, Colour::RED);
}

#[test]
fn defaults_and_extensions_of_proto2_hold() {
    let mut old = proto2::proto2::Old::new();
    assert_eq!(old.name(), "a \"quoted\" // ;{");
    assert_eq!(old.r#gen(), -3);
    assert_eq!(old.r#try(), b"\x01\"\xff");
    old.set_name(String::new());
    old.special_fields.mut_unknown_fields().add_varint(100, 42);
    assert_eq!(proto2::proto2::exts::age.get(&old), Some(42));
}

#[test]
fn maps_between_numbers_are_encoded() {
    let full = every_proto3::every_proto3::Int32Maps {
        int64_map: [(-1, i64::MIN), (7, 8)].into(),
        bool_map: [(3, true)].into(),
        kind_map: [(4, every_proto3::every_proto3::Kind::SOME.into())].into(),
        ..Default::default()
    };
    let bytes = full.write_to_bytes().unwrap();
    let lite = lite::every_proto3::every_proto3::Int32Maps::parse_from_bytes(&bytes).unwrap();
    assert_eq!((&lite.int64_map, &lite.bool_map), (&full.int64_map, &full.bool_map));
    let old = every_proto2::every_proto2::Int32Maps::parse_from_bytes(&bytes).unwrap();
    assert_eq!((&old.int64_map, &old.bool_map), (&full.int64_map, &full.bool_map));
}

#[test]
fn groups_that_are_not_closed_by_their_number_are_malformed() {
    use types::types::Tree;

    // In a message, in one inside, in the entry of a map: whole groups are stepped over.
    let inside = |group: &[u8]| {
        let nested = [&[0x0a, group.len() as u8][..], group].concat();
        let entry = [&[0x12, group.len() as u8][..], group].concat();
        [group.to_vec(), nested, entry].map(|bytes| Tree::parse_from_bytes(&bytes))
    };
    assert!(inside(&[0x7b, 0x08, 1, 0x7c]).iter().all(Result::is_ok));
    for group in [&[0x7b, 0x08, 1, 0x74][..], &[0x7b, 0x08, 1], &[0x7b, 0x73, 0x7c, 0x74], &[0x7c]] {
        assert!(inside(group).iter().all(Result::is_err), "{group:x?}: {:?}", inside(group));
    }
}
