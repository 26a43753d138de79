use puregrpc::{Request, Response, Status};

use super::proto::hello::{HelloReply, HelloRequest, HelloService};

/// Greets in Japanese.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hello;

impl HelloService for Hello {
    async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let message = format!("こんにちは, {}", request.name);
        Ok(HelloReply { message, ..Default::default() }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn name_is_greeted_in_japanese() {
        for (name, expected) in [("なんしー", "こんにちは, なんしー"), ("", "こんにちは, ")] {
            let request = HelloRequest { name: name.into(), ..Default::default() };
            let reply = Hello.say_hello(request.into()).await.unwrap();
            assert_eq!(reply.into_inner().message, expected);
        }
    }
}
