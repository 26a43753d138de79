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
pub mod __root {
    pub use super::__files::f_types::*;

    /// The service `Types`.
    pub trait Types: ::std::marker::Send + ::std::marker::Sync + 'static {
        /// The method `/Types/Own`.
        fn own(
            &self,
            request: ::puregrpc::Request<self::T>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<
                ::puregrpc::Response<super::__files::f_types::outer::Inner>,
                ::puregrpc::Status,
            >,
        > + ::std::marker::Send;

        /// The method `/Types/Known`.
        fn known(
            &self,
            request: ::puregrpc::Request<::puregrpc::protobuf::well_known_types::empty::Empty>,
            replies: &mut ::puregrpc::Sender<
                ::puregrpc::protobuf::well_known_types::struct_::Struct,
            >,
        ) -> impl ::std::future::Future<Output = ::std::result::Result<(), ::puregrpc::Status>>
        + ::std::marker::Send;

        /// The method `/Types/Foreign`.
        fn foreign(
            &self,
            requests: &mut ::puregrpc::Receiver<super::__files::f_other__other::Thing>,
            replies: &mut ::puregrpc::Sender<super::__files::f_other__other::thing::Part>,
        ) -> impl ::std::future::Future<Output = ::std::result::Result<(), ::puregrpc::Status>>
        + ::std::marker::Send;

        /// The method `/Types/Keyword`.
        fn keyword(
            &self,
            request: ::puregrpc::Request<Match>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<::puregrpc::Response<Self_>, ::puregrpc::Status>,
        > + ::std::marker::Send;
    }

    /// Serves [`Types`].
    #[derive(Debug)]
    pub struct TypesServer<T>(::std::sync::Arc<T>);

    impl<T: Types> TypesServer<T> {
        /// Serves a service.
        pub fn new(service: T) -> Self {
            Self(::std::sync::Arc::new(service))
        }

        /// Serves a service that other parts of the program hold as well.
        pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
            Self(service)
        }
    }

    impl<T> ::std::clone::Clone for TypesServer<T> {
        fn clone(&self) -> Self {
            Self(::std::sync::Arc::clone(&self.0))
        }
    }

    impl<T: Types> ::puregrpc::codegen::Service for TypesServer<T> {
        const NAME: &'static str = "Types";
        const METHODS: &'static [&'static str] = &["Own", "Known", "Foreign", "Keyword"];

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
                                <T as Types>::own(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                1 => {
                    let (mut inbound, mut driver) = call.split();
                    let mut replies = driver.sender();
                    ::std::boxed::Box::pin(async move {
                        let result = {
                            let handler = ::std::pin::pin!(async {
                                <T as Types>::known(
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
                2 => {
                    let (inbound, mut driver) = call.split();
                    let mut requests = driver.receiver(inbound);
                    let mut replies = driver.sender();
                    ::std::boxed::Box::pin(async move {
                        let result = {
                            let handler = ::std::pin::pin!(async {
                                <T as Types>::foreign(&*service, &mut requests, &mut replies).await
                            });
                            driver.run(handler).await
                        };
                        driver.finish(result, &mut replies).await
                    })
                }
                3 => {
                    let (mut inbound, mut driver) = call.split();
                    ::std::boxed::Box::pin(async move {
                        let result = {
                            let handler = ::std::pin::pin!(async {
                                <T as Types>::keyword(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                _ => call.unimplemented(),
            }
        }
    }

    /// Calls [`Types`] over a channel.
    #[derive(Clone, Debug)]
    pub struct TypesClient {
        channel: ::puregrpc::Channel,
    }

    impl TypesClient {
        /// Calls over this channel.
        pub fn new(channel: ::puregrpc::Channel) -> Self {
            Self { channel }
        }

        /// The method `/Types/Own`.
        pub async fn own(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<self::T>>,
        ) -> ::std::result::Result<
            ::puregrpc::Response<super::__files::f_types::outer::Inner>,
            ::puregrpc::Status,
        > {
            let path = "/Types/Own";
            self.channel.unary(path, request.into()).await
        }

        /// The method `/Types/Known`.
        pub async fn known(
            &self,
            request: impl ::std::convert::Into<
                ::puregrpc::Request<::puregrpc::protobuf::well_known_types::empty::Empty>,
            >,
        ) -> ::std::result::Result<
            ::puregrpc::Receiver<::puregrpc::protobuf::well_known_types::struct_::Struct>,
            ::puregrpc::Status,
        > {
            let path = "/Types/Known";
            self.channel.server_streaming(path, request.into()).await
        }

        /// The method `/Types/Foreign`.
        pub async fn foreign(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<()>>,
        ) -> ::std::result::Result<
            (
                ::puregrpc::Sender<super::__files::f_other__other::Thing>,
                ::puregrpc::Receiver<super::__files::f_other__other::thing::Part>,
            ),
            ::puregrpc::Status,
        > {
            let path = "/Types/Foreign";
            self.channel.bidi_streaming(path, request.into()).await
        }

        /// The method `/Types/Keyword`.
        pub async fn keyword(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<Match>>,
        ) -> ::std::result::Result<::puregrpc::Response<Self_>, ::puregrpc::Status> {
            let path = "/Types/Keyword";
            self.channel.unary(path, request.into()).await
        }
    }

    /// The service `T_`.
    pub trait T_: ::std::marker::Send + ::std::marker::Sync + 'static {
        /// The method `/T_/New`.
        ///
        /// Renamed from `new`, a name that is taken in Rust.
        fn new_(
            &self,
            request: ::puregrpc::Request<self::T>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status>,
        > + ::std::marker::Send;

        /// The method `/T_/Clone`.
        ///
        /// Renamed from `clone`, a name that is taken in Rust.
        fn clone_(
            &self,
            request: ::puregrpc::Request<self::T>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status>,
        > + ::std::marker::Send;

        /// The method `/T_/Self`.
        ///
        /// Renamed from `self`, a name that is taken in Rust.
        fn self_(
            &self,
            request: ::puregrpc::Request<self::T>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status>,
        > + ::std::marker::Send;

        /// The method `/T_/GetURLOfGen`.
        fn get_url_of_gen(
            &self,
            request: ::puregrpc::Request<self::T>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status>,
        > + ::std::marker::Send;
    }

    /// Serves [`T_`].
    #[derive(Debug)]
    pub struct T_Server<T>(::std::sync::Arc<T>);

    impl<T: T_> T_Server<T> {
        /// Serves a service.
        pub fn new(service: T) -> Self {
            Self(::std::sync::Arc::new(service))
        }

        /// Serves a service that other parts of the program hold as well.
        pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
            Self(service)
        }
    }

    impl<T> ::std::clone::Clone for T_Server<T> {
        fn clone(&self) -> Self {
            Self(::std::sync::Arc::clone(&self.0))
        }
    }

    impl<T: T_> ::puregrpc::codegen::Service for T_Server<T> {
        const NAME: &'static str = "T_";
        const METHODS: &'static [&'static str] = &["New", "Clone", "Self", "GetURLOfGen"];

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
                                <T as T_>::new_(&*service, inbound.message().await?).await
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
                                <T as T_>::clone_(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                2 => {
                    let (mut inbound, mut driver) = call.split();
                    ::std::boxed::Box::pin(async move {
                        let result = {
                            let handler = ::std::pin::pin!(async {
                                <T as T_>::self_(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                3 => {
                    let (mut inbound, mut driver) = call.split();
                    ::std::boxed::Box::pin(async move {
                        let result = {
                            let handler = ::std::pin::pin!(async {
                                <T as T_>::get_url_of_gen(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                _ => call.unimplemented(),
            }
        }
    }

    /// Calls [`T_`] over a channel.
    #[derive(Clone, Debug)]
    pub struct T_Client {
        channel: ::puregrpc::Channel,
    }

    impl T_Client {
        /// Calls over this channel.
        pub fn new(channel: ::puregrpc::Channel) -> Self {
            Self { channel }
        }

        /// The method `/T_/New`.
        ///
        /// Renamed from `new`, a name that is taken in Rust.
        pub async fn new_(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<self::T>>,
        ) -> ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status> {
            let path = "/T_/New";
            self.channel.unary(path, request.into()).await
        }

        /// The method `/T_/Clone`.
        ///
        /// Renamed from `clone`, a name that is taken in Rust.
        pub async fn clone_(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<self::T>>,
        ) -> ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status> {
            let path = "/T_/Clone";
            self.channel.unary(path, request.into()).await
        }

        /// The method `/T_/Self`.
        ///
        /// Renamed from `self`, a name that is taken in Rust.
        pub async fn self_(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<self::T>>,
        ) -> ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status> {
            let path = "/T_/Self";
            self.channel.unary(path, request.into()).await
        }

        /// The method `/T_/GetURLOfGen`.
        #[deprecated]
        pub async fn get_url_of_gen(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<self::T>>,
        ) -> ::std::result::Result<::puregrpc::Response<self::T>, ::puregrpc::Status> {
            let path = "/T_/GetURLOfGen";
            self.channel.unary(path, request.into()).await
        }
    }

    /// The service `Empty`.
    pub trait Empty: ::std::marker::Send + ::std::marker::Sync + 'static {}

    /// Serves [`Empty`].
    #[derive(Debug)]
    pub struct EmptyServer<T>(::std::sync::Arc<T>);

    impl<T: Empty> EmptyServer<T> {
        /// Serves a service.
        pub fn new(service: T) -> Self {
            Self(::std::sync::Arc::new(service))
        }

        /// Serves a service that other parts of the program hold as well.
        pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
            Self(service)
        }
    }

    impl<T> ::std::clone::Clone for EmptyServer<T> {
        fn clone(&self) -> Self {
            Self(::std::sync::Arc::clone(&self.0))
        }
    }

    impl<T: Empty> ::puregrpc::codegen::Service for EmptyServer<T> {
        const NAME: &'static str = "Empty";
        const METHODS: &'static [&'static str] = &[];

        fn call(
            &self,
            method: usize,
            call: ::puregrpc::codegen::Call,
        ) -> ::puregrpc::codegen::BoxFuture {
            call.unimplemented()
        }
    }

    /// Calls [`Empty`] over a channel.
    #[derive(Clone, Debug)]
    pub struct EmptyClient {
        channel: ::puregrpc::Channel,
    }

    impl EmptyClient {
        /// Calls over this channel.
        pub fn new(channel: ::puregrpc::Channel) -> Self {
            Self { channel }
        }
    }
}

#[allow(unreachable_pub, unused_imports, reason = "not every crate uses it")]
pub use self::__root::*;

/// The package `other`.
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
pub mod other {
    pub use super::__files::f_other__other::*;

    /// The service `other.Things`.
    pub trait Things: ::std::marker::Send + ::std::marker::Sync + 'static {
        /// The method `/other.Things/Get`.
        fn get(
            &self,
            request: ::puregrpc::Request<Thing>,
        ) -> impl ::std::future::Future<
            Output = ::std::result::Result<
                ::puregrpc::Response<super::__files::f_other__other::thing::Part>,
                ::puregrpc::Status,
            >,
        > + ::std::marker::Send;
    }

    /// Serves [`Things`].
    #[derive(Debug)]
    pub struct ThingsServer<T>(::std::sync::Arc<T>);

    impl<T: Things> ThingsServer<T> {
        /// Serves a service.
        pub fn new(service: T) -> Self {
            Self(::std::sync::Arc::new(service))
        }

        /// Serves a service that other parts of the program hold as well.
        pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
            Self(service)
        }
    }

    impl<T> ::std::clone::Clone for ThingsServer<T> {
        fn clone(&self) -> Self {
            Self(::std::sync::Arc::clone(&self.0))
        }
    }

    impl<T: Things> ::puregrpc::codegen::Service for ThingsServer<T> {
        const NAME: &'static str = "other.Things";
        const METHODS: &'static [&'static str] = &["Get"];

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
                                <T as Things>::get(&*service, inbound.message().await?).await
                            });
                            driver.run(handler).await
                        };
                        driver.answer(result).await
                    })
                }
                _ => call.unimplemented(),
            }
        }
    }

    /// Calls [`Things`] over a channel.
    #[derive(Clone, Debug)]
    pub struct ThingsClient {
        channel: ::puregrpc::Channel,
    }

    impl ThingsClient {
        /// Calls over this channel.
        pub fn new(channel: ::puregrpc::Channel) -> Self {
            Self { channel }
        }

        /// The method `/other.Things/Get`.
        pub async fn get(
            &self,
            request: impl ::std::convert::Into<::puregrpc::Request<Thing>>,
        ) -> ::std::result::Result<
            ::puregrpc::Response<super::__files::f_other__other::thing::Part>,
            ::puregrpc::Status,
        > {
            let path = "/other.Things/Get";
            self.channel.unary(path, request.into()).await
        }
    }
}
