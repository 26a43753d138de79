use clap::Args;
use puregrpc::Channel;
use puregrpc::examples::proto::helloworld::{GreeterClient, HelloRequest};

use super::Options;
use crate::failure::Failure;
use crate::output::say;

#[derive(Args)]
pub(super) struct Arguments {
    /// Who is to be greeted.
    #[arg(long, value_name = "NAME", default_value = "you")]
    name: String,
}

pub(super) async fn run(channel: Channel, options: &Options, arguments: &Arguments) -> Result<(), Failure> {
    let greeter = GreeterClient::new(channel);
    let request = HelloRequest { name: arguments.name.clone(), ..Default::default() };
    let reply = greeter.say_hello(options.request(request.clone())).await?;
    say(format_args!("Greeter client received: {}", reply.message))?;
    let reply = greeter.say_hello_again(options.request(request)).await?;
    say(format_args!("Greeter client received: {}", reply.message))
}
