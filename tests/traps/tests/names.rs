//! Names that cannot be names in Rust, or meet there: what the code, texts and bytes call them.

use puregrpc::protobuf::reflect::{
    EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, ReflectEqMode, ReflectValueBox,
    RuntimeFieldType, RuntimeType,
};
use puregrpc::protobuf::{EnumFull, Message, MessageDyn, MessageFull, text_format};
use puregrpc_traps::{clashes::clashes, lite, worst_packages, worst_proto2, worst_proto3};

#[test]
fn fields_of_any_name_are_set_written_and_printed() {
    let mut count = 0;
    count += check_file(clashes::Fields::descriptor().file_descriptor());
    count += check_file(clashes::Old::descriptor().file_descriptor());
    count += check_file(worst_proto2::worst_proto2::Fields0::descriptor().file_descriptor());
    count += check_file(worst_proto3::worst_proto3::Fields0::descriptor().file_descriptor());
    count += check_file(worst_packages::worst_packages::self__::Inner::descriptor().file_descriptor());
    assert!(count > 1000, "{count} fields");
}

/// Checks all fields of all messages of a file, and returns how many these are.
fn check_file(file: &FileDescriptor) -> usize {
    let mut open: Vec<MessageDescriptor> = file.messages().collect();
    let mut count = 0;
    while let Some(message) = open.pop() {
        open.extend(message.nested_messages().filter(|nested| !nested.is_map_entry()));
        for field in message.fields() {
            check_field(&message, &field);
            count += 1;
        }
    }
    count
}

/// A message with only this field set has it after it went through bytes and through text.
fn check_field(message: &MessageDescriptor, field: &FieldDescriptor) {
    let name = field.full_name();
    let own = message.field_by_name(field.name()).expect("the field is found by its name");
    assert_eq!(own.number(), field.number());
    let mut set = message.new_instance();
    match field.runtime_field_type() {
        RuntimeFieldType::Singular(kind) => field.set_singular_field(&mut *set, sample(&kind)),
        RuntimeFieldType::Repeated(kind) => field.mut_repeated(&mut *set).push(sample(&kind)),
        RuntimeFieldType::Map(..) => return,
    }
    let has = |message: &dyn MessageDyn| {
        field.is_repeated() && !field.get_repeated(message).is_empty() || field.has_field(message)
    };
    assert!(has(&*set), "{name} is set");
    assert_eq!(set.compute_size_dyn() as usize, set.write_to_bytes_dyn().unwrap().len(), "{name}");
    let again = message.parse_from_bytes(&set.write_to_bytes_dyn().unwrap()).unwrap();
    assert!(has(&*again) && equal(&*again, &*set), "{name} went through bytes");
    let text = text_format::print_to_string(&*set);
    let rest = text.strip_prefix(field.name()).unwrap_or_else(|| panic!("{name} is printed as {text}"));
    assert!(rest.starts_with([':', ' ']), "{name} is printed as {text}");
    let mut read = message.new_instance();
    text_format::merge_from_str(&mut *read, &text).unwrap();
    assert!(equal(&*read, &*set), "{name} went through text");
}

fn equal(one: &dyn MessageDyn, other: &dyn MessageDyn) -> bool {
    one.reflect_eq_dyn(other, &ReflectEqMode::default())
}

fn sample(kind: &RuntimeType) -> ReflectValueBox {
    match kind {
        RuntimeType::I32 => ReflectValueBox::I32(7),
        RuntimeType::I64 => ReflectValueBox::I64(7),
        RuntimeType::U32 => ReflectValueBox::U32(7),
        RuntimeType::U64 => ReflectValueBox::U64(7),
        RuntimeType::F32 => ReflectValueBox::F32(0.5),
        RuntimeType::F64 => ReflectValueBox::F64(0.5),
        RuntimeType::Bool => ReflectValueBox::Bool(true),
        RuntimeType::String => ReflectValueBox::String("text".to_owned()),
        RuntimeType::VecU8 => ReflectValueBox::Bytes(vec![7]),
        RuntimeType::Enum(kind) => ReflectValueBox::Enum(kind.clone(), last(kind)),
        RuntimeType::Message(kind) => ReflectValueBox::Message(kind.new_instance()),
    }
}

/// The number of the last value of an enum, which is another than 0.
fn last(kind: &EnumDescriptor) -> i32 {
    kind.values().last().map_or(0, |value| value.value())
}

#[test]
fn values_of_any_name_are_found_by_it() {
    fn check<E: EnumFull>() -> usize {
        for value in E::VALUES {
            assert_eq!(E::from_str(value.descriptor().name()), Some(*value));
            assert_eq!(E::from_i32(value.value()), Some(*value));
        }
        E::VALUES.len()
    }
    assert_eq!(check::<clashes::valued::Values>(), 9);
    assert!(check::<worst_proto3::worst_proto3::all_valued::AllValues>() > 150);
    assert_eq!(clashes::valued::Values::enum_descriptor_.descriptor().name(), "enum_descriptor");
}

#[test]
fn what_meets_is_renamed_by_one_rule() {
    // The message that is called so in the file keeps the name, and a package has one of the others.
    let upper = clashes::Foo { b: 1, ..Default::default() };
    let lower = clashes::Foo__ { a: 1, ..Default::default() };
    assert_eq!((upper.to_string(), lower.to_string()), ("b: 1".to_owned(), "a: 1".to_owned()));
    assert_eq!(clashes::Item::descriptor().field_by_name("of").unwrap().proto().type_name(), ".clashes.item");
    let item = clashes::Item { of: clashes::Item_::NONE.into(), ..Default::default() };
    assert_eq!(item.of.enum_value(), Ok(clashes::Item_::NONE));
    // Types nested in three messages whose modules are called alike, and one in another file.
    assert_eq!(clashes::foo_bar::Inner::enum_descriptor().full_name(), "clashes.foo_bar.Inner");
    assert_eq!(clashes::foo_bar_::Inner::descriptor().full_name(), "clashes.FooBar.Inner");
    assert_eq!(clashes::foo_bar__::Inner::descriptor().full_name(), "clashes.Foo_Bar.Inner");
    assert_eq!(clashes::foo_bar___::Inner::descriptor().full_name(), "clashes.FOO_BAR.Inner");
    assert_eq!(clashes::str_::A::enum_descriptor().full_name(), "clashes.Str.A");
    // A package that is called like the module of a message has what is in both.
    assert_eq!(clashes::space::Type::descriptor().full_name(), "clashes.space.Type");
    assert_eq!(clashes::space::Type_::descriptor().full_name(), "clashes.space.type");
    assert_eq!(clashes::space::Type__::enum_descriptor().full_name(), "clashes.Space.Type");
    // Extensions of all files of a package, and a package that is called like their module.
    assert_eq!(clashes::exts::Within::descriptor().full_name(), "clashes.exts.Within");
    let mut extended = clashes::Exts::new();
    extended.special_fields.mut_unknown_fields().add_varint(5, 42);
    extended.special_fields.mut_unknown_fields().add_length_delimited(1, b"text".to_vec());
    assert_eq!(clashes::exts::third.get(&extended), Some(42));
    assert_eq!(clashes::exts::type__.get(&extended).as_deref(), Some("text"));
    assert_eq!(clashes::exts::type_.get(&extended), None);
}

#[test]
fn oneofs_and_functions_for_their_fields_are_renamed_too() {
    use clashes::{BodyMutation, Consensus, Space, body_mutation, consensus, items, space};

    let mut body = BodyMutation::new();
    body.set_clear_body(true);
    assert_eq!((body.clear_body(), body.has_body()), (true, false));
    body.set_body(vec![1].into());
    assert_eq!(body.mutation, Some(body_mutation::Mutation::Body(vec![1].into())));
    body.clear_body_();
    assert_eq!(body.mutation, None);

    let mut space = Space { fallback: space::Type__::DIRECT.into(), ..Default::default() };
    space.type_ = Some(space::Type___::Known(space::Type__::DIRECT.into()));
    assert_eq!(space.to_string(), "known: DIRECT fallback: DIRECT");
    assert_eq!(items::List_::descriptor().full_name(), "clashes.Items.list");

    // Functions of fields do not hide those of messages: these are what the code calls.
    let sum = Consensus { sum: Some(consensus::Sum::ComputeSize(7)), ..Default::default() };
    assert_eq!((sum.compute_size(), sum.compute_size_()), (9, 7));
    assert_eq!(sum.write_to_bytes().unwrap().len(), 9);
    let sum = Consensus { sum: Some(consensus::Sum::New("text".to_owned())), ..Default::default() };
    assert_eq!((sum.new_(), sum.is_initialized()), ("text", true));

    let old = clashes::Old { clear: Some(clashes::old::Fate::NONE.into()), ..Default::default() };
    assert_eq!((old.clear_(), old.special_fields_()), (clashes::old::Fate::NONE, 7));
    assert_eq!((old.compute_size(), old.compute_size_()), (2, "zq0z Zq1z"));
    assert_eq!(clashes::Old::new().clear_(), clashes::old::Fate::type_);
}

#[test]
fn names_in_json_that_another_field_has_are_given_up() {
    let json = |name: &str| clashes::Fields::descriptor().field_by_name(name).unwrap().json_name().to_owned();
    assert_eq!((json("fooBar"), json("foo_bar")), ("x".to_owned(), "foo_bar".to_owned()));
    assert_eq!((json("firstName"), json("first_name")), ("firstName".to_owned(), "first_name".to_owned()));
    assert_eq!(json("special_fields"), "specialFields");
}

#[test]
fn services_keep_their_names_on_the_wire() {
    use lite::clashes::clashes::{Broadcast, BroadcastClient, BroadcastServer, File, FileServer_};

    fn names<S: puregrpc::codegen::Service>(_: S) -> (&'static str, &'static [&'static str]) {
        (S::NAME, S::METHODS)
    }
    struct All;
    impl File for All {}
    impl Broadcast for All {}
    impl BroadcastClient for All {}
    let methods: &[&str] = &["Get", "GetURL", "GetUrl", "get_url", "New", "New_"];
    assert_eq!(names(FileServer_::new(All)), ("clashes.File", methods));
    assert_eq!(names(BroadcastServer::new(All)).0, "clashes.Broadcast");
}
