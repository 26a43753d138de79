use std::time::Duration;

use clap::Args;
use puregrpc::Channel;
use puregrpc::examples::proto::posXYZ::{Msg, PositionServiceClient};

use super::Options;
use crate::failure::Failure;
use crate::output::{hint, say};
use crate::span;

#[derive(Args)]
pub(super) struct Arguments {
    /// How often to ask; without this, until interrupted.
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// How long to wait between one question and the next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = span::parse)]
    interval: Duration,
}

pub(super) async fn run(channel: Channel, options: &Options, arguments: &Arguments) -> Result<(), Failure> {
    let service = PositionServiceClient::new(channel);
    let mut asked = 0;
    while arguments.count != Some(asked) {
        if asked > 0 {
            tokio::time::sleep(arguments.interval).await;
        }
        let reply = service.position_req(options.request(Msg::default())).await?;
        let position = &reply.position;
        say(format_args!(
            "PositionRes {}, {}, x:{}, y:{}, z:{}",
            reply.status, reply.msg, position.x, position.y, position.z
        ))?;
        asked += 1;
        if asked == 1 && arguments.count.is_none() {
            hint("(asking again until Ctrl-C; --count N stops after N answers)");
        }
    }
    Ok(())
}
