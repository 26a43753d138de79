use puregrpc::{Request, Response, Status};

use super::proto::helloworld::{Greeter, HelloReply, HelloRequest};

/// Greets in English, and again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Greetings;

impl Greeter for Greetings {
    async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let message = format!("Hello, {}!", request.name);
        Ok(HelloReply { message, ..Default::default() }.into())
    }

    async fn say_hello_again(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let message = format!("Hello again, {}!", request.name);
        Ok(HelloReply { message, ..Default::default() }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn name_is_greeted_and_greeted_again() {
        let request = HelloRequest { name: "you".into(), ..Default::default() };
        let reply = Greetings.say_hello(request.clone().into()).await.unwrap();
        assert_eq!(reply.into_inner().message, "Hello, you!");
        let reply = Greetings.say_hello_again(request.into()).await.unwrap();
        assert_eq!(reply.into_inner().message, "Hello again, you!");
    }
}
