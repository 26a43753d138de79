//! `grpc.health.v1.Health` as its clients see it.

use puregrpc::health::{
    Health, HealthCheckRequest, HealthClient, HealthListRequest, ProtoServingStatus as Told, ServingStatus,
};
use puregrpc::{Channel, Code, DrainReport, Error, Receiver, Server, in_process};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    health: Health,
    client: HealthClient,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<DrainReport, Error>>,
}

/// A server that offers nothing but its own health, which does not count
/// itself: only what was added before does.
fn running() -> Running {
    let server = Server::new();
    let health = Health::of(&server);
    let server = server.add(health.service());
    let (listener, connector) = in_process();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.serve(listener, async { drop(stopped.await) }));
    Running { health, client: HealthClient::new(Channel::in_process(connector)), stop, server }
}

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.into(), ..Default::default() }
}

async fn told(watch: &mut Receiver<puregrpc::health::HealthCheckResponse>) -> Told {
    watch.recv().await.unwrap().unwrap().status.unwrap()
}

/// R12: "" is the server as a whole; an unknown service is NOT_FOUND.
#[tokio::test]
async fn check_tells_the_server_and_no_stranger() {
    let running = running();
    let reply = running.client.check(of("")).await.unwrap();
    assert_eq!(reply.status.unwrap(), Told::SERVING);
    let status = running.client.check(of("no.Such")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn what_is_set_is_told_until_it_is_removed() {
    let running = running();
    for (status, answer) in [
        (ServingStatus::NotServing, Told::NOT_SERVING),
        (ServingStatus::Unknown, Told::UNKNOWN),
        (ServingStatus::Serving, Told::SERVING),
    ] {
        running.health.set("a.B", status);
        assert_eq!(running.client.check(of("a.B")).await.unwrap().status.unwrap(), answer);
    }
    let list = running.client.list(HealthListRequest::default()).await.unwrap();
    assert_eq!(list.statuses.len(), 2);
    running.health.remove("a.B");
    assert_eq!(running.client.check(of("a.B")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn more_services_than_a_list_may_have_are_refused() {
    let running = running();
    for number in 0..100 {
        running.health.set(number.to_string(), ServingStatus::Serving);
    }
    let status = running.client.list(HealthListRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
}

/// R12: a watch of an unknown service says so, stays open, and tells each change once.
#[tokio::test]
async fn watch_tells_each_change_once() {
    let running = running();
    let mut watch = running.client.watch(of("a.B")).await.unwrap();
    assert_eq!(told(&mut watch).await, Told::SERVICE_UNKNOWN);
    running.health.set("other", ServingStatus::Serving);
    running.health.set("a.B", ServingStatus::Serving);
    assert_eq!(told(&mut watch).await, Told::SERVING);
    running.health.set("a.B", ServingStatus::Serving);
    running.health.set("a.B", ServingStatus::NotServing);
    assert_eq!(told(&mut watch).await, Told::NOT_SERVING);
}

/// R12: on shutdown all is NOT_SERVING, and those who watch do not hold up the end.
#[tokio::test]
async fn shutdown_tells_all_and_lets_them_go() {
    let running = running();
    let mut watch = running.client.watch(of("")).await.unwrap();
    assert_eq!(told(&mut watch).await, Told::SERVING);
    running.stop.send(()).unwrap();
    assert_eq!(told(&mut watch).await, Told::NOT_SERVING);
    assert_eq!(watch.recv().await.unwrap_err().code(), Code::Unavailable);
    let report = running.server.await.unwrap().unwrap();
    assert_eq!((report.finished_calls, report.cut_calls), (1, 0));
}

#[test]
fn descriptors_of_health_are_public() {
    use puregrpc::protobuf::{Message, descriptor::FileDescriptorSet};

    let set = FileDescriptorSet::parse_from_bytes(puregrpc::health::FILE_DESCRIPTOR_SET).unwrap();
    let file = set.file.iter().find(|file| file.package() == "grpc.health.v1").unwrap();
    assert_eq!(file.service[0].name(), "Health");
    let methods: Vec<_> = file.service[0].method.iter().map(|method| method.name()).collect();
    assert_eq!(methods, ["Check", "List", "Watch"]);
}
