// Generated from .proto files by puregrpc-build. Do not edit.

/// All files of this module and all they import, as an encoded `FileDescriptorSet`.
#[allow(dead_code, unreachable_pub, reason = "not every crate uses it")]
#[rustfmt::skip]
pub const FILE_DESCRIPTOR_SET: &[u8] = b"\
    \n\x85\x02\n\x0emessages.proto\x12\x04acme\"\xb7\x01\n\x07Message\x12\x14\n\x05above\x18\
    \x01\x20\x01(\x05R\x05above\x12\x16\n\x06behind\x18\x02\x20\x01(\x0cR\x06behind\x12\x12\n\
    \x04none\x18\x03\x20\x01(\tR\x04none\x12\x16\n\x05first\x18\x04\x20\x01(\tH\x00R\x05first\
    \x12-\n\x06second\x18\x05\x20\x01(\x0b2\x13.acme.Message.InnerH\x00R\x06second\x1a\x19\n\
    \x05Inner\x12\x10\n\x03gen\x18\x01\x20\x03(\tR\x03genB\x08\n\x06choice*+\n\x05State\x12\
    \x11\n\rSTATE_UNKNOWN\x10\x00\x12\x0f\n\x0bSTATE_KNOWN\x10\x01b\x06proto3";

#[doc(hidden)]
#[allow(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    elided_lifetimes_in_paths,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    bindings_with_variant_name,
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction,
    rustdoc::all,
    reason = "generated: what the crate around it asks of its own code is no concern of this"
)]
#[rustfmt::skip]
pub mod __files {
    /// The messages of `messages.proto`.
    pub mod f_messages {
        /// Generated files are compatible only with the same version
        /// of protobuf runtime.
        const _PROTOBUF_VERSION_CHECK: () = ::puregrpc::protobuf::VERSION_3_7_2;

        /// A message.
        #[derive(PartialEq,Clone,Default,Debug)]
        pub struct Message {
            /// Above a field.
            pub above: i32,
            /// Behind a field.
            pub behind: ::puregrpc::bytes::Bytes,
            pub none: ::std::string::String,
            pub choice: ::std::option::Option<message::Choice>,
            pub special_fields: ::puregrpc::protobuf::SpecialFields,
        }

        impl<'a> ::std::default::Default for &'a Message {
            fn default() -> &'a Message {
                <Message as ::puregrpc::protobuf::Message>::default_instance()
            }
        }

        impl Message {
            pub fn new() -> Message {
                ::std::default::Default::default()
            }


            pub fn first(&self) -> &str {
                match self.choice {
                    ::std::option::Option::Some(message::Choice::First(ref v)) => v,
                    _ => "",
                }
            }

            pub fn clear_first(&mut self) {
                self.choice = ::std::option::Option::None;
            }

            pub fn has_first(&self) -> bool {
                match self.choice {
                    ::std::option::Option::Some(message::Choice::First(..)) => true,
                    _ => false,
                }
            }

            pub fn set_first(&mut self, v: ::std::string::String) {
                self.choice = ::std::option::Option::Some(message::Choice::First(v))
            }

            pub fn mut_first(&mut self) -> &mut ::std::string::String {
                if let ::std::option::Option::Some(message::Choice::First(_)) = self.choice {
                } else {
                    self.choice = ::std::option::Option::Some(message::Choice::First(::std::string::String::new()));
                }
                match self.choice {
                    ::std::option::Option::Some(message::Choice::First(ref mut v)) => v,
                    _ => panic!(),
                }
            }

            pub fn take_first(&mut self) -> ::std::string::String {
                if self.has_first() {
                    match self.choice.take() {
                        ::std::option::Option::Some(message::Choice::First(v)) => v,
                        _ => panic!(),
                    }
                } else {
                    ::std::string::String::new()
                }
            }


            pub fn second(&self) -> &message::Inner {
                match self.choice {
                    ::std::option::Option::Some(message::Choice::Second(ref v)) => v,
                    _ => <message::Inner as ::puregrpc::protobuf::Message>::default_instance(),
                }
            }

            pub fn clear_second(&mut self) {
                self.choice = ::std::option::Option::None;
            }

            pub fn has_second(&self) -> bool {
                match self.choice {
                    ::std::option::Option::Some(message::Choice::Second(..)) => true,
                    _ => false,
                }
            }

            pub fn set_second(&mut self, v: message::Inner) {
                self.choice = ::std::option::Option::Some(message::Choice::Second(v))
            }

            pub fn mut_second(&mut self) -> &mut message::Inner {
                if let ::std::option::Option::Some(message::Choice::Second(_)) = self.choice {
                } else {
                    self.choice = ::std::option::Option::Some(message::Choice::Second(message::Inner::new()));
                }
                match self.choice {
                    ::std::option::Option::Some(message::Choice::Second(ref mut v)) => v,
                    _ => panic!(),
                }
            }

            pub fn take_second(&mut self) -> message::Inner {
                if self.has_second() {
                    match self.choice.take() {
                        ::std::option::Option::Some(message::Choice::Second(v)) => v,
                        _ => panic!(),
                    }
                } else {
                    message::Inner::new()
                }
            }
        }

        impl ::puregrpc::protobuf::Message for Message {
            const NAME: &'static str = "Message";

            fn is_initialized(&self) -> bool {
                true
            }

            fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                    match tag {
                        8 => {
                            self.above = is.read_int32()?;
                        },
                        18 => {
                            self.behind = is.read_tokio_bytes()?;
                        },
                        26 => {
                            self.none = is.read_string()?;
                        },
                        34 => {
                            self.choice = ::std::option::Option::Some(message::Choice::First(is.read_string()?));
                        },
                        42 => {
                            self.choice = ::std::option::Option::Some(message::Choice::Second(is.read_message()?));
                        },
                        tag => {
                            ::puregrpc::codegen::read_unknown(tag, is, self.special_fields.mut_unknown_fields())?;
                        },
                    };
                }
                ::std::result::Result::Ok(())
            }

            #[allow(unused_variables)]
            fn compute_size(&self) -> u64 {
                let mut my_size = 0;
                if self.above != 0 {
                    my_size += ::puregrpc::protobuf::rt::int32_size(1, self.above);
                }
                if !self.behind.is_empty() {
                    my_size += ::puregrpc::protobuf::rt::bytes_size(2, &self.behind);
                }
                if !self.none.is_empty() {
                    my_size += ::puregrpc::protobuf::rt::string_size(3, &self.none);
                }
                if let ::std::option::Option::Some(ref v) = self.choice {
                    match v {
                        &message::Choice::First(ref v) => {
                            my_size += ::puregrpc::protobuf::rt::string_size(4, &v);
                        },
                        &message::Choice::Second(ref v) => {
                            let len = v.compute_size();
                            my_size += 1 + ::puregrpc::protobuf::rt::compute_raw_varint64_size(len) + len;
                        },
                    };
                }
                my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                self.special_fields.cached_size().set(my_size as u32);
                my_size
            }

            fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                if self.above != 0 {
                    os.write_int32(1, self.above)?;
                }
                if !self.behind.is_empty() {
                    os.write_bytes(2, &self.behind)?;
                }
                if !self.none.is_empty() {
                    os.write_string(3, &self.none)?;
                }
                if let ::std::option::Option::Some(ref v) = self.choice {
                    match v {
                        &message::Choice::First(ref v) => {
                            os.write_string(4, v)?;
                        },
                        &message::Choice::Second(ref v) => {
                            ::puregrpc::protobuf::rt::write_message_field_with_cached_size(5, v, os)?;
                        },
                    };
                }
                os.write_unknown_fields(self.special_fields.unknown_fields())?;
                ::std::result::Result::Ok(())
            }

            fn special_fields(&self) -> &::puregrpc::protobuf::SpecialFields {
                &self.special_fields
            }

            fn mut_special_fields(&mut self) -> &mut ::puregrpc::protobuf::SpecialFields {
                &mut self.special_fields
            }

            fn new() -> Message {
                Message::new()
            }

            fn clear(&mut self) {
                self.above = 0;
                self.behind.clear();
                self.none.clear();
                self.choice = ::std::option::Option::None;
                self.choice = ::std::option::Option::None;
                self.special_fields.clear();
            }

            fn default_instance() -> &'static Message {
                static instance: Message = Message {
                    above: 0,
                    behind: ::puregrpc::bytes::Bytes::new(),
                    none: ::std::string::String::new(),
                    choice: ::std::option::Option::None,
                    special_fields: ::puregrpc::protobuf::SpecialFields::new(),
                };
                &instance
            }
        }

        /// Nested message and enums of message `Message`
        pub mod message {

            #[derive(Clone,PartialEq,Debug)]
            #[non_exhaustive]
            /// One of several.
            pub enum Choice {
                /// The first.
                First(::std::string::String),
                Second(Inner),
            }

            impl ::puregrpc::protobuf::Oneof for Choice {
            }

            impl Choice {
            }
            /// Within.
            #[derive(PartialEq,Clone,Default,Debug)]
            pub struct Inner {
                /// A list of [Unknown] things, each <T>.
                pub r#gen: ::std::vec::Vec<::std::string::String>,
                pub special_fields: ::puregrpc::protobuf::SpecialFields,
            }

            impl<'a> ::std::default::Default for &'a Inner {
                fn default() -> &'a Inner {
                    <Inner as ::puregrpc::protobuf::Message>::default_instance()
                }
            }

            impl Inner {
                pub fn new() -> Inner {
                    ::std::default::Default::default()
                }
            }

            impl ::puregrpc::protobuf::Message for Inner {
                const NAME: &'static str = "Inner";

                fn is_initialized(&self) -> bool {
                    true
                }

                fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                    while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                        match tag {
                            10 => {
                                self.r#gen.push(is.read_string()?);
                            },
                            tag => {
                                ::puregrpc::codegen::read_unknown(tag, is, self.special_fields.mut_unknown_fields())?;
                            },
                        };
                    }
                    ::std::result::Result::Ok(())
                }

                #[allow(unused_variables)]
                fn compute_size(&self) -> u64 {
                    let mut my_size = 0;
                    for value in &self.r#gen {
                        my_size += ::puregrpc::protobuf::rt::string_size(1, &value);
                    };
                    my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                    self.special_fields.cached_size().set(my_size as u32);
                    my_size
                }

                fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                    for v in &self.r#gen {
                        os.write_string(1, &v)?;
                    };
                    os.write_unknown_fields(self.special_fields.unknown_fields())?;
                    ::std::result::Result::Ok(())
                }

                fn special_fields(&self) -> &::puregrpc::protobuf::SpecialFields {
                    &self.special_fields
                }

                fn mut_special_fields(&mut self) -> &mut ::puregrpc::protobuf::SpecialFields {
                    &mut self.special_fields
                }

                fn new() -> Inner {
                    Inner::new()
                }

                fn clear(&mut self) {
                    self.r#gen.clear();
                    self.special_fields.clear();
                }

                fn default_instance() -> &'static Inner {
                    static instance: Inner = Inner {
                        r#gen: ::std::vec::Vec::new(),
                        special_fields: ::puregrpc::protobuf::SpecialFields::new(),
                    };
                    &instance
                }
            }
        }

        #[derive(Clone,Copy,PartialEq,Eq,Debug,Hash)]
        /// An enum.
        pub enum State {
            /// Nothing known.
            STATE_UNKNOWN = 0,
            /// All known.
            STATE_KNOWN = 1,
        }

        impl ::puregrpc::protobuf::Enum for State {
            const NAME: &'static str = "State";

            fn value(&self) -> i32 {
                *self as i32
            }

            fn from_i32(value: i32) -> ::std::option::Option<State> {
                match value {
                    0 => ::std::option::Option::Some(State::STATE_UNKNOWN),
                    1 => ::std::option::Option::Some(State::STATE_KNOWN),
                    _ => ::std::option::Option::None
                }
            }

            fn from_str(str: &str) -> ::std::option::Option<State> {
                match str {
                    "STATE_UNKNOWN" => ::std::option::Option::Some(State::STATE_UNKNOWN),
                    "STATE_KNOWN" => ::std::option::Option::Some(State::STATE_KNOWN),
                    _ => ::std::option::Option::None
                }
            }

            const VALUES: &'static [State] = &[
                State::STATE_UNKNOWN,
                State::STATE_KNOWN,
            ];
        }

        impl ::std::default::Default for State {
            fn default() -> Self {
                State::STATE_UNKNOWN
            }
        }


        impl ::puregrpc::codegen::Shaped for Message {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<Message>(const { &[
                    ::puregrpc::codegen::Field::varint(1),
                    ::puregrpc::codegen::Field::bytes(2),
                    ::puregrpc::codegen::Field::text(3),
                    ::puregrpc::codegen::Field::text(4),
                    ::puregrpc::codegen::Field::message(5, <message::Inner as ::puregrpc::codegen::Shaped>::shape),
                ] }) }
            }
        }

        impl ::puregrpc::codegen::Shaped for message::Inner {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<message::Inner>(const { &[
                    ::puregrpc::codegen::Field::text(1).many(::std::mem::size_of::<::std::string::String>(), 0),
                ] }) }
            }
        }
    }
}

/// The package `acme`.
#[allow(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    elided_lifetimes_in_paths,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    bindings_with_variant_name,
    clippy::all,
    clippy::cargo,
    clippy::nursery,
    clippy::pedantic,
    clippy::restriction,
    rustdoc::all,
    reason = "generated: what the crate around it asks of its own code is no concern of this"
)]
pub mod acme {
    pub use super::__files::f_messages::*;
}
