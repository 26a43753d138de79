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
    /// The package `acme.guide`.
    pub mod guide {
        /// The package `acme.guide.v1`.
        pub mod v1 {
            pub use super::super::super::__files::f_all_kinds::*;

            /// Knows places.
            ///
            /// Used like this:
            ///
            ///    let found = guide.find(point);
            ///
            /// or so:
            ///
            /// ```text
            /// guide.find(point)
            /// ```
            pub trait Guide: ::std::marker::Send + ::std::marker::Sync + 'static {
                /// Finds one place.
                fn find(
                    &self,
                    request: ::puregrpc::Request<Point>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<::puregrpc::Response<Place>, ::puregrpc::Status>,
                > + ::std::marker::Send;

                /// Lists the places in an area.
                fn list(
                    &self,
                    request: ::puregrpc::Request<Area>,
                    replies: &mut ::puregrpc::Sender<Place>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<(), ::puregrpc::Status>,
                > + ::std::marker::Send;

                /// Records a way.
                ///
                ///  - point by point
                fn record(
                    &self,
                    requests: &mut ::puregrpc::Receiver<Point>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<
                        ::puregrpc::Response<Summary>,
                        ::puregrpc::Status,
                    >,
                > + ::std::marker::Send;

                /// The method `/acme.guide.v1.Guide/Chat`.
                fn chat(
                    &self,
                    requests: &mut ::puregrpc::Receiver<Note>,
                    replies: &mut ::puregrpc::Sender<Note>,
                ) -> impl ::std::future::Future<
                    Output = ::std::result::Result<(), ::puregrpc::Status>,
                > + ::std::marker::Send;
            }

            /// Serves [`Guide`].
            #[derive(Debug)]
            pub struct GuideServer<T>(::std::sync::Arc<T>);

            impl<T: Guide> GuideServer<T> {
                /// Serves a service.
                pub fn new(service: T) -> Self {
                    Self(::std::sync::Arc::new(service))
                }

                /// Serves a service that other parts of the program hold as well.
                pub fn from_arc(service: ::std::sync::Arc<T>) -> Self {
                    Self(service)
                }
            }

            impl<T> ::std::clone::Clone for GuideServer<T> {
                fn clone(&self) -> Self {
                    Self(::std::sync::Arc::clone(&self.0))
                }
            }

            impl<T: Guide> ::puregrpc::codegen::Service for GuideServer<T> {
                const NAME: &'static str = "acme.guide.v1.Guide";
                const METHODS: &'static [&'static str] = &["Find", "List", "Record", "Chat"];

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
                                        <T as Guide>::find(&*service, inbound.message().await?)
                                            .await
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
                                        <T as Guide>::list(
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
                            ::std::boxed::Box::pin(async move {
                                let result = {
                                    let handler = ::std::pin::pin!(async {
                                        <T as Guide>::record(&*service, &mut requests).await
                                    });
                                    driver.run(handler).await
                                };
                                driver.answer(result).await
                            })
                        }
                        3 => {
                            let (inbound, mut driver) = call.split();
                            let mut requests = driver.receiver(inbound);
                            let mut replies = driver.sender();
                            ::std::boxed::Box::pin(async move {
                                let result = {
                                    let handler = ::std::pin::pin!(async {
                                        <T as Guide>::chat(&*service, &mut requests, &mut replies)
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

            /// Calls [`Guide`] over a channel.
            #[derive(Clone, Debug)]
            pub struct GuideClient {
                channel: ::puregrpc::Channel,
            }

            impl GuideClient {
                /// Calls over this channel.
                pub fn new(channel: ::puregrpc::Channel) -> Self {
                    Self { channel }
                }

                /// Finds one place.
                pub async fn find(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<Point>>,
                ) -> ::std::result::Result<::puregrpc::Response<Place>, ::puregrpc::Status>
                {
                    let path = "/acme.guide.v1.Guide/Find";
                    self.channel.unary(path, request.into()).await
                }

                /// Lists the places in an area.
                pub async fn list(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<Area>>,
                ) -> ::std::result::Result<::puregrpc::Receiver<Place>, ::puregrpc::Status>
                {
                    let path = "/acme.guide.v1.Guide/List";
                    self.channel.server_streaming(path, request.into()).await
                }

                /// Records a way.
                ///
                ///  - point by point
                pub async fn record(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<()>>,
                ) -> ::std::result::Result<
                    ::puregrpc::ClientStreaming<Point, Summary>,
                    ::puregrpc::Status,
                > {
                    let path = "/acme.guide.v1.Guide/Record";
                    self.channel.client_streaming(path, request.into()).await
                }

                /// The method `/acme.guide.v1.Guide/Chat`.
                pub async fn chat(
                    &self,
                    request: impl ::std::convert::Into<::puregrpc::Request<()>>,
                ) -> ::std::result::Result<
                    (::puregrpc::Sender<Note>, ::puregrpc::Receiver<Note>),
                    ::puregrpc::Status,
                > {
                    let path = "/acme.guide.v1.Guide/Chat";
                    self.channel.bidi_streaming(path, request.into()).await
                }
            }
        }
    }
}
