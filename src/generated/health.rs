// Generated from .proto files by puregrpc-build. Do not edit.

/// All files of this module and all they import, as an encoded `FileDescriptorSet`.
#[allow(dead_code, unreachable_pub, reason = "not every crate uses it")]
#[rustfmt::skip]
pub const FILE_DESCRIPTOR_SET: &[u8] = b"\
    \n\xf5\x05\n\x1bgrpc/health/v1/health.proto\x12\x0egrpc.health.v1\".\n\x12HealthCheckReque\
    st\x12\x18\n\x07service\x18\x01\x20\x01(\tR\x07service\"\xb1\x01\n\x13HealthCheckResponse\
    \x12I\n\x06status\x18\x01\x20\x01(\x0e21.grpc.health.v1.HealthCheckResponse.ServingStatusR\
    \x06status\"O\n\rServingStatus\x12\x0b\n\x07UNKNOWN\x10\x00\x12\x0b\n\x07SERVING\x10\x01\
    \x12\x0f\n\x0bNOT_SERVING\x10\x02\x12\x13\n\x0fSERVICE_UNKNOWN\x10\x03\"\x13\n\x11HealthLi\
    stRequest\"\xc4\x01\n\x12HealthListResponse\x12L\n\x08statuses\x18\x01\x20\x03(\x0b20.grpc\
    .health.v1.HealthListResponse.StatusesEntryR\x08statuses\x1a`\n\rStatusesEntry\x12\x10\n\
    \x03key\x18\x01\x20\x01(\tR\x03key\x129\n\x05value\x18\x02\x20\x01(\x0b2#.grpc.health.v1.H\
    ealthCheckResponseR\x05value:\x028\x012\xfd\x01\n\x06Health\x12P\n\x05Check\x12\".grpc.hea\
    lth.v1.HealthCheckRequest\x1a#.grpc.health.v1.HealthCheckResponse\x12M\n\x04List\x12!.grpc\
    .health.v1.HealthListRequest\x1a\".grpc.health.v1.HealthListResponse\x12R\n\x05Watch\x12\"\
    .grpc.health.v1.HealthCheckRequest\x1a#.grpc.health.v1.HealthCheckResponse0\x01b\x06proto3";

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
    /// The messages of `grpc/health/v1/health.proto`.
    pub mod f_grpc__health__v1__health {
        /// Generated files are compatible only with the same version
        /// of protobuf runtime.
        const _PROTOBUF_VERSION_CHECK: () = ::puregrpc::protobuf::VERSION_3_7_2;

        /// Which service is meant.
        #[derive(PartialEq,Clone,Default,Debug)]
        pub struct HealthCheckRequest {
            /// Its full name; empty for the server as a whole.
            pub service: ::std::string::String,
            pub special_fields: ::puregrpc::protobuf::SpecialFields,
        }

        impl<'a> ::std::default::Default for &'a HealthCheckRequest {
            fn default() -> &'a HealthCheckRequest {
                <HealthCheckRequest as ::puregrpc::protobuf::Message>::default_instance()
            }
        }

        impl HealthCheckRequest {
            pub fn new() -> HealthCheckRequest {
                ::std::default::Default::default()
            }
        }

        impl ::puregrpc::protobuf::Message for HealthCheckRequest {
            const NAME: &'static str = "HealthCheckRequest";

            fn is_initialized(&self) -> bool {
                true
            }

            fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                    match tag {
                        10 => {
                            self.service = is.read_string()?;
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
                if !self.service.is_empty() {
                    my_size += ::puregrpc::protobuf::rt::string_size(1, &self.service);
                }
                my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                self.special_fields.cached_size().set(my_size as u32);
                my_size
            }

            fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                if !self.service.is_empty() {
                    os.write_string(1, &self.service)?;
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

            fn new() -> HealthCheckRequest {
                HealthCheckRequest::new()
            }

            fn clear(&mut self) {
                self.service.clear();
                self.special_fields.clear();
            }

            fn default_instance() -> &'static HealthCheckRequest {
                static instance: HealthCheckRequest = HealthCheckRequest {
                    service: ::std::string::String::new(),
                    special_fields: ::puregrpc::protobuf::SpecialFields::new(),
                };
                &instance
            }
        }

        /// How a service is.
        #[derive(PartialEq,Clone,Default,Debug)]
        pub struct HealthCheckResponse {
            /// Whether calls are taken.
            pub status: ::puregrpc::protobuf::EnumOrUnknown<health_check_response::ServingStatus>,
            pub special_fields: ::puregrpc::protobuf::SpecialFields,
        }

        impl<'a> ::std::default::Default for &'a HealthCheckResponse {
            fn default() -> &'a HealthCheckResponse {
                <HealthCheckResponse as ::puregrpc::protobuf::Message>::default_instance()
            }
        }

        impl HealthCheckResponse {
            pub fn new() -> HealthCheckResponse {
                ::std::default::Default::default()
            }
        }

        impl ::puregrpc::protobuf::Message for HealthCheckResponse {
            const NAME: &'static str = "HealthCheckResponse";

            fn is_initialized(&self) -> bool {
                true
            }

            fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                    match tag {
                        8 => {
                            self.status = is.read_enum_or_unknown()?;
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
                if self.status != ::puregrpc::protobuf::EnumOrUnknown::new(health_check_response::ServingStatus::UNKNOWN) {
                    my_size += ::puregrpc::protobuf::rt::int32_size(1, self.status.value());
                }
                my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                self.special_fields.cached_size().set(my_size as u32);
                my_size
            }

            fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                if self.status != ::puregrpc::protobuf::EnumOrUnknown::new(health_check_response::ServingStatus::UNKNOWN) {
                    os.write_enum(1, ::puregrpc::protobuf::EnumOrUnknown::value(&self.status))?;
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

            fn new() -> HealthCheckResponse {
                HealthCheckResponse::new()
            }

            fn clear(&mut self) {
                self.status = ::puregrpc::protobuf::EnumOrUnknown::new(health_check_response::ServingStatus::UNKNOWN);
                self.special_fields.clear();
            }

            fn default_instance() -> &'static HealthCheckResponse {
                static instance: HealthCheckResponse = HealthCheckResponse {
                    status: ::puregrpc::protobuf::EnumOrUnknown::from_i32(0),
                    special_fields: ::puregrpc::protobuf::SpecialFields::new(),
                };
                &instance
            }
        }

        /// Nested message and enums of message `HealthCheckResponse`
        pub mod health_check_response {
            #[derive(Clone,Copy,PartialEq,Eq,Debug,Hash)]
            /// Whether calls are taken.
            pub enum ServingStatus {
                /// Not known yet.
                UNKNOWN = 0,
                /// Calls are taken.
                SERVING = 1,
                /// Calls are not taken now.
                NOT_SERVING = 2,
                /// The server has no such service; only told by Watch.
                SERVICE_UNKNOWN = 3,
            }

            impl ::puregrpc::protobuf::Enum for ServingStatus {
                const NAME: &'static str = "ServingStatus";

                fn value(&self) -> i32 {
                    *self as i32
                }

                fn from_i32(value: i32) -> ::std::option::Option<ServingStatus> {
                    match value {
                        0 => ::std::option::Option::Some(ServingStatus::UNKNOWN),
                        1 => ::std::option::Option::Some(ServingStatus::SERVING),
                        2 => ::std::option::Option::Some(ServingStatus::NOT_SERVING),
                        3 => ::std::option::Option::Some(ServingStatus::SERVICE_UNKNOWN),
                        _ => ::std::option::Option::None
                    }
                }

                fn from_str(str: &str) -> ::std::option::Option<ServingStatus> {
                    match str {
                        "UNKNOWN" => ::std::option::Option::Some(ServingStatus::UNKNOWN),
                        "SERVING" => ::std::option::Option::Some(ServingStatus::SERVING),
                        "NOT_SERVING" => ::std::option::Option::Some(ServingStatus::NOT_SERVING),
                        "SERVICE_UNKNOWN" => ::std::option::Option::Some(ServingStatus::SERVICE_UNKNOWN),
                        _ => ::std::option::Option::None
                    }
                }

                const VALUES: &'static [ServingStatus] = &[
                    ServingStatus::UNKNOWN,
                    ServingStatus::SERVING,
                    ServingStatus::NOT_SERVING,
                    ServingStatus::SERVICE_UNKNOWN,
                ];
            }

            impl ::std::default::Default for ServingStatus {
                fn default() -> Self {
                    ServingStatus::UNKNOWN
                }
            }

        }

        /// Asks for all services.
        #[derive(PartialEq,Clone,Default,Debug)]
        pub struct HealthListRequest {
            pub special_fields: ::puregrpc::protobuf::SpecialFields,
        }

        impl<'a> ::std::default::Default for &'a HealthListRequest {
            fn default() -> &'a HealthListRequest {
                <HealthListRequest as ::puregrpc::protobuf::Message>::default_instance()
            }
        }

        impl HealthListRequest {
            pub fn new() -> HealthListRequest {
                ::std::default::Default::default()
            }
        }

        impl ::puregrpc::protobuf::Message for HealthListRequest {
            const NAME: &'static str = "HealthListRequest";

            fn is_initialized(&self) -> bool {
                true
            }

            fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                    match tag {
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
                my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                self.special_fields.cached_size().set(my_size as u32);
                my_size
            }

            fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                os.write_unknown_fields(self.special_fields.unknown_fields())?;
                ::std::result::Result::Ok(())
            }

            fn special_fields(&self) -> &::puregrpc::protobuf::SpecialFields {
                &self.special_fields
            }

            fn mut_special_fields(&mut self) -> &mut ::puregrpc::protobuf::SpecialFields {
                &mut self.special_fields
            }

            fn new() -> HealthListRequest {
                HealthListRequest::new()
            }

            fn clear(&mut self) {
                self.special_fields.clear();
            }

            fn default_instance() -> &'static HealthListRequest {
                static instance: HealthListRequest = HealthListRequest {
                    special_fields: ::puregrpc::protobuf::SpecialFields::new(),
                };
                &instance
            }
        }

        /// All services.
        #[derive(PartialEq,Clone,Default,Debug)]
        pub struct HealthListResponse {
            /// How each is, by its full name.
            pub statuses: ::std::collections::HashMap<::std::string::String, HealthCheckResponse>,
            pub special_fields: ::puregrpc::protobuf::SpecialFields,
        }

        impl<'a> ::std::default::Default for &'a HealthListResponse {
            fn default() -> &'a HealthListResponse {
                <HealthListResponse as ::puregrpc::protobuf::Message>::default_instance()
            }
        }

        impl HealthListResponse {
            pub fn new() -> HealthListResponse {
                ::std::default::Default::default()
            }
        }

        impl ::puregrpc::protobuf::Message for HealthListResponse {
            const NAME: &'static str = "HealthListResponse";

            fn is_initialized(&self) -> bool {
                true
            }

            fn merge_from(&mut self, is: &mut ::puregrpc::protobuf::CodedInputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                    match tag {
                        10 => {
                            let len = is.read_raw_varint32()?;
                            let old_limit = is.push_limit(len as u64)?;
                            let mut key = ::std::default::Default::default();
                            let mut value = ::std::default::Default::default();
                            while let Some(tag) = ::puregrpc::codegen::read_tag(is)? {
                                match tag {
                                    10 => key = is.read_string()?,
                                    18 => value = is.read_message()?,
                                    _ => ::puregrpc::codegen::skip_unknown(tag, is)?,
                                };
                            }
                            is.pop_limit(old_limit);
                            self.statuses.insert(key, value);
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
                for (k, v) in &self.statuses {
                    let mut entry_size = 0;
                    entry_size += ::puregrpc::protobuf::rt::string_size(1, &k);
                    let len = v.compute_size();
                    entry_size += 1 + ::puregrpc::protobuf::rt::compute_raw_varint64_size(len) + len;
                    my_size += 1 + ::puregrpc::protobuf::rt::compute_raw_varint64_size(entry_size) + entry_size
                };
                my_size += ::puregrpc::protobuf::rt::unknown_fields_size(self.special_fields.unknown_fields());
                self.special_fields.cached_size().set(my_size as u32);
                my_size
            }

            fn write_to_with_cached_sizes(&self, os: &mut ::puregrpc::protobuf::CodedOutputStream<'_>) -> ::puregrpc::protobuf::Result<()> {
                for (k, v) in &self.statuses {
                    let mut entry_size = 0;
                    entry_size += ::puregrpc::protobuf::rt::string_size(1, &k);
                    let len = v.cached_size() as u64;
                    entry_size += 1 + ::puregrpc::protobuf::rt::compute_raw_varint64_size(len) + len;
                    os.write_raw_varint32(10)?; // Tag.
                    os.write_raw_varint32(entry_size as u32)?;
                    os.write_string(1, &k)?;
                    ::puregrpc::protobuf::rt::write_message_field_with_cached_size(2, v, os)?;
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

            fn new() -> HealthListResponse {
                HealthListResponse::new()
            }

            fn clear(&mut self) {
                self.statuses.clear();
                self.special_fields.clear();
            }

            fn default_instance() -> &'static HealthListResponse {
                static instance: ::puregrpc::protobuf::rt::Lazy<HealthListResponse> = ::puregrpc::protobuf::rt::Lazy::new();
                instance.get(HealthListResponse::new)
            }
        }

        impl ::puregrpc::codegen::Shaped for HealthCheckRequest {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<HealthCheckRequest>(const { &[
                    ::puregrpc::codegen::Field::text(1),
                ] }) }
            }
        }

        impl ::puregrpc::codegen::Shaped for HealthCheckResponse {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<HealthCheckResponse>(const { &[
                    ::puregrpc::codegen::Field::varint(1),
                ] }) }
            }
        }

        impl ::puregrpc::codegen::Shaped for HealthListRequest {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<HealthListRequest>(const { &[
                ] }) }
            }
        }

        impl ::puregrpc::codegen::Shaped for HealthListResponse {
            fn shape() -> &'static ::puregrpc::codegen::Shape {
                const { &::puregrpc::codegen::Shape::of::<HealthListResponse>(const { &[
                    ::puregrpc::codegen::Field::message(1, <HealthCheckResponse as ::puregrpc::codegen::Shaped>::shape).by(::puregrpc::codegen::Field::text(1), (::std::mem::size_of::<::std::string::String>() + ::std::mem::size_of::<HealthCheckResponse>()).next_multiple_of(8), 0),
                ] }) }
            }
        }
    }
}

/// The package `grpc`.
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
pub mod grpc {
    /// The package `grpc.health`.
    pub mod health {
        /// The package `grpc.health.v1`.
        pub mod v1 {
            pub use super::super::super::__files::f_grpc__health__v1__health::*;

            /// Tells whether a server, or one of its services, takes calls.
            pub trait Health: ::std::marker::Send + ::std::marker::Sync + 'static {
                /// Asks once. A service that the server does not know is NOT_FOUND.
                fn check(
                    &self,
                    request: ::puregrpc::Request<HealthCheckRequest>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<
                        ::puregrpc::Response<HealthCheckResponse>,
                        ::puregrpc::Status,
                    >,
                > + ::std::marker::Send;

                /// Tells every service that the server knows.
                fn list(
                    &self,
                    request: ::puregrpc::Request<HealthListRequest>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<
                        ::puregrpc::Response<HealthListResponse>,
                        ::puregrpc::Status,
                    >,
                > + ::std::marker::Send;

                /// Tells the status now and after each change. A service that the server does
                /// not know is SERVICE_UNKNOWN, until it does.
                fn watch(
                    &self,
                    request: ::puregrpc::Request<HealthCheckRequest>,
                    replies: &mut ::puregrpc::Sender<HealthCheckResponse>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<(), ::puregrpc::Status>,
                > + ::std::marker::Send;
            }

            /// Serves [`Health`].
            #[derive(Debug)]
            pub struct HealthServer<T>(::std::sync::Arc<T>);

            impl<T: Health> HealthServer<T> {
                /// Serves a service.
                pub fn new(service: T) -> Self {
                    Self(::std::sync::Arc::new(service))
                }

                /// Serves a service that other parts of the program hold as well.
                pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
                    Self(service)
                }
            }

            impl<T> ::std::clone::Clone for HealthServer<T> {
                fn clone(&self) -> Self {
                    Self(::std::sync::Arc::clone(&self.0))
                }
            }

            impl<T: Health> ::puregrpc::codegen::Service for HealthServer<T> {
                const NAME: &'static str = "grpc.health.v1.Health";
                const METHODS: &'static [&'static str] = &["Check", "List", "Watch"];

                fn call(
                    &self,
                    method: usize,
                    call: ::puregrpc::codegen::Call,
                ) -> ::puregrpc::codegen::BoxFuture {
                    let service = ::std::sync::Arc::clone(&self.0);
                    match method {
                        0 => {
                            let (mut inbound, mut driver) = call.split();
                            ::std::boxed::Box::pin(async move {
                                let result = {
                                    let handler = ::std::pin::pin!(async {
                                        <T as Health>::check(&*service, inbound.message().await?)
                                            .await
                                    });
                                    driver.run(handler).await
                                };
                                driver.answer(result).await
                            })
                        }
                        1 => {
                            let (mut inbound, mut driver) = call.split();
                            ::std::boxed::Box::pin(async move {
                                let result = {
                                    let handler = ::std::pin::pin!(async {
                                        <T as Health>::list(&*service, inbound.message().await?)
                                            .await
                                    });
                                    driver.run(handler).await
                                };
                                driver.answer(result).await
                            })
                        }
                        2 => {
                            let (mut inbound, mut driver) = call.split();
                            let mut replies = driver.sender();
                            ::std::boxed::Box::pin(async move {
                                let result = {
                                    let handler = ::std::pin::pin!(async {
                                        <T as Health>::watch(
                                            &*service,
                                            inbound.message().await?,
                                            &mut replies,
                                        )
                                        .await
                                    });
                                    driver.run(handler).await
                                };
                                driver.finish(result, &mut replies).await
                            })
                        }
                        _ => call.unimplemented(),
                    }
                }
            }

            /// Calls [`Health`] over a channel.
            #[derive(Clone, Debug)]
            pub struct HealthClient {
                channel: ::puregrpc::Channel,
            }

            impl HealthClient {
                /// Calls over this channel.
                pub fn new(channel: ::puregrpc::Channel) -> Self {
                    Self { channel }
                }

                /// Asks once. A service that the server does not know is NOT_FOUND.
                pub async fn check(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<HealthCheckRequest>>,
                ) -> ::std::result::Result<
                    ::puregrpc::Response<HealthCheckResponse>,
                    ::puregrpc::Status,
                > {
                    let path = "/grpc.health.v1.Health/Check";
                    self.channel.unary(path, request.into()).await
                }

                /// Tells every service that the server knows.
                pub async fn list(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<HealthListRequest>>,
                ) -> ::std::result::Result<
                    ::puregrpc::Response<HealthListResponse>,
                    ::puregrpc::Status,
                > {
                    let path = "/grpc.health.v1.Health/List";
                    self.channel.unary(path, request.into()).await
                }

                /// Tells the status now and after each change. A service that the server does
                /// not know is SERVICE_UNKNOWN, until it does.
                pub async fn watch(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<HealthCheckRequest>>,
                ) -> ::std::result::Result<
                    ::puregrpc::Receiver<HealthCheckResponse>,
                    ::puregrpc::Status,
                > {
                    let path = "/grpc.health.v1.Health/Watch";
                    self.channel.server_streaming(path, request.into()).await
                }
            }
        }
    }
}
