use clap::Args;
use puregrpc::Channel;
use puregrpc::examples::proto::hello::{HelloRequest, HelloServiceClient};

use super::Options;
use crate::failure::Failure;
use crate::output::say;

#[derive(Args)]
pub(super) struct Arguments {
    /// Who is to be greeted.
    #[arg(long, value_name = "NAME", default_value = "なんしー")]
    name: String,
}

pub(super) async fn run(channel: Channel, options: &Options, arguments: &Arguments) -> Result<(), Failure> {
    let service = HelloServiceClient::new(channel);
    let request = HelloRequest { name: arguments.name.clone(), ..Default::default() };
    let reply = service.say_hello(options.request(request)).await?;
    say(format_args!("client received: {}", reply.message))
}
