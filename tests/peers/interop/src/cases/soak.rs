//! Large calls one after the other, on one channel or each on its own.

use std::time::Duration;

use puregrpc::Request;
use tokio::time::{Instant, sleep_until, timeout};

use super::plain::{ANSWER, REQUEST};
use super::{Failure, Outcome, Peer, equal, simple};
use crate::interop::grpc::testing::TestServiceClient;

pub(super) async fn rpc(peer: &Peer) -> Outcome {
    soak(peer, false).await
}

pub(super) async fn channel(peer: &Peer) -> Outcome {
    soak(peer, true).await
}

async fn soak(peer: &Peer, channel_each: bool) -> Outcome {
    let options = &peer.options;
    let iterations = options.read("soak_iterations", 10)?;
    let most_failures = options.read("soak_max_failures", 0)?;
    let time = Duration::from_secs(options.read("soak_overall_timeout_seconds", 10)?);
    let pause = Duration::from_millis(options.read("soak_min_time_ms_between_rpcs", 0)?);
    let calls = async {
        let mut failures = Vec::new();
        for _ in 0..iterations {
            let next = Instant::now() + pause;
            if let Err(failure) = iteration(peer, channel_each).await {
                failures.push(failure.to_string());
            }
            sleep_until(next).await;
        }
        failures
    };
    let failures = timeout(time, calls).await.map_err(|_| format!("{iterations} calls take more than {time:?}"))?;
    if failures.len() > most_failures {
        return Err(format!("{} of {iterations} calls failed, the first by: {}", failures.len(), failures[0]).into());
    }
    Ok(())
}

async fn iteration(peer: &Peer, channel_each: bool) -> Result<(), Failure> {
    let options = &peer.options;
    let limit = Duration::from_millis(options.read("soak_per_iteration_max_acceptable_latency_ms", 1_000)?);
    let size = options.read("soak_request_size", REQUEST)?;
    let answer = options.read("soak_response_size", ANSWER)?;
    let start = Instant::now();
    let tests = if channel_each { TestServiceClient::new(Peer::connect(options).await?) } else { peer.tests.clone() };
    let reply = tests.unary_call(Request::new(simple(size, answer)).with_timeout(limit)).await?;
    equal(&reply.payload.body.len(), &usize::try_from(answer)?)?;
    let latency = start.elapsed();
    if latency > limit {
        return Err(format!("a call took {latency:?}, at most {limit:?} is accepted").into());
    }
    Ok(())
}
