//! Services and methods with odd names are called, in all four ways.

use puregrpc::{Channel, Code, Receiver, Request, Response, Sender, Server, Status, in_process};
use puregrpc_traps::{lite, preludes};

use preludes::preludes as odd;

/// A service in whose signatures nothing is what it seems.
struct Odd;

impl odd::Service for Odd {
    async fn call(&self, request: Request<odd::Request>) -> Result<Response<odd::Response>, Status> {
        let mut response = odd::Response::new();
        if request.option.is_some() {
            response.set_value(odd::Some::new());
        }
        Ok(response.into())
    }

    async fn list(&self, _: Request<odd::Request>, replies: &mut Sender<odd::Response>) -> Result<(), Status> {
        replies.send(&odd::Response::new()).await?;
        replies.send(&odd::Response::new()).await
    }

    async fn record(&self, requests: &mut Receiver<odd::Option>) -> Result<Response<odd::Result>, Status> {
        while requests.recv().await?.is_some() {}
        Ok(odd::Result::new().into())
    }

    async fn chat(
        &self,
        requests: &mut Receiver<odd::Result>,
        replies: &mut Sender<odd::Option>,
    ) -> Result<(), Status> {
        while requests.recv().await?.is_some() {
            replies.send(&odd::Option::new()).await?;
        }
        Ok(())
    }
}

/// Serves with `server` and returns a channel to it; both end with the test's runtime.
fn serve(server: Server) -> Channel {
    let (listener, connector) = in_process();
    tokio::spawn(server.serve(listener, std::future::pending::<()>()));
    Channel::in_process(connector)
}

#[tokio::test]
async fn messages_called_like_the_prelude_are_sent_in_all_four_ways() {
    let client = odd::ServiceClient::new(serve(Server::new().add(odd::ServiceServer::new(Odd))));
    let mut request = odd::Request::new();
    request.option = Some(odd::Option::new()).into();
    assert!(client.call(request).await.unwrap().has_value());

    let mut replies = client.list(odd::Request::new()).await.unwrap();
    assert!(replies.recv().await.unwrap().is_some());
    assert!(replies.recv().await.unwrap().is_some());
    assert!(replies.recv().await.unwrap().is_none());

    let mut record = client.record(()).await.unwrap();
    record.send(&odd::Option::new()).await.unwrap();
    assert!(record.finish().await.is_ok());

    let (mut requests, mut replies) = client.chat(()).await.unwrap();
    requests.send(&odd::Result::new()).await.unwrap();
    assert!(replies.recv().await.unwrap().is_some());
    requests.close();
    assert!(replies.recv().await.unwrap().is_none());
}

/// A service that implements none of its methods.
#[derive(Clone)]
struct Silent;

impl lite::keywords::keywords::type_::fn_::gen_::Words for Silent {}

#[tokio::test]
async fn missing_methods_are_unimplemented() {
    use lite::keywords::keywords::type_::fn_::gen_::{Words_, WordsClient, WordsServer};

    let client = WordsClient::new(serve(Server::new().add(WordsServer::new(Silent))));
    let status = client.clone_(Words_::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.message(), "method /keywords.type.fn.gen.Words/Clone is not implemented");
    let status = client.type_(Words_::new()).await.unwrap().recv().await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[test]
fn names_on_the_wire_are_those_of_the_file() {
    fn names<S: puregrpc::codegen::Service>() -> (&'static str, &'static [&'static str]) {
        (S::NAME, S::METHODS)
    }

    use lite::keywords::keywords::type_::fn_::gen_::WordsServer;
    let methods = ["New", "Clone", "Self", "Type", "Match", "Gen", "Try", "Await", "Service", "Call", "Driver"];
    assert_eq!(names::<WordsServer<Silent>>(), ("keywords.type.fn.gen.Words", &methods[..]));
    assert_eq!(names::<odd::ServiceServer<Odd>>().0, "preludes.Service");
}
