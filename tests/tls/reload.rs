//! New certificates, and several at once.

use crate::set_up::{client, client_tls, identity, roots, server_tls};
use puregrpc::{Error, Identity, Server, ServerTls};
use puregrpc_support::{Ca, PATIENCE, Running, Script, noted};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// A server that looks for new settings every ten seconds, and what is told of each look.
pub(crate) fn watched(
    load: impl Fn() -> Result<ServerTls, Error> + Send + Sync + 'static,
) -> (Running, UnboundedReceiver<()>) {
    let (look, looks) = unbounded_channel();
    let first = load().unwrap();
    let load = move || {
        let _ = look.send(());
        load()
    };
    let server = Running::over(Server::new().add(Script::echo()), |listener| {
        first.listen(listener).unwrap().reload_every(Duration::from_secs(10), load)
    });
    (server, looks)
}

/// Waits until what is there now was looked at: the second look from now comes after the first was acted on.
pub(crate) async fn after_a_look(looks: &mut UnboundedReceiver<()>) {
    while looks.try_recv().is_ok() {}
    for _ in 0..2 {
        timeout(PATIENCE, looks.recv()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_reload_keeps_calls_and_is_seen_by_new_connections() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let mut handle = None;
    let server = Running::over(Server::new().add(Script::echo()), |listener| {
        let listener = server_tls(&old).listen(listener).unwrap();
        handle = Some(listener.reload_handle());
        listener
    });
    let early = client(&server, client_tls(&old));
    let (mut notes, mut replies) = early.bidi(()).await.unwrap();
    handle.unwrap().reload(server_tls(&new)).unwrap();
    client(&server, client_tls(&new)).unary(noted("x")).await.unwrap();
    let late = client(&server, client_tls(&old)).unary(noted("x")).await.unwrap_err();
    assert!(late.message().contains("none of the trusted roots"), "{late}");
    notes.send(&noted("y")).await.unwrap();
    assert_eq!(replies.recv().await.unwrap().unwrap(), noted("y"));
    early.unary(noted("z")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn new_settings_are_found_and_broken_ones_change_nothing() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let (first, second) = (old.server(&["localhost"]), new.server(&["localhost"]));
    let files = Arc::new(Mutex::new((first.pem, first.key)));
    let source = Arc::clone(&files);
    let (server, mut looks) = watched(move || {
        let (pem, key) = source.lock().unwrap().clone();
        Ok(ServerTls::new(Identity::from_bytes(pem, key)?))
    });
    let key_of_another = files.lock().unwrap().1.clone();
    for broken in [("nothing".into(), second.key.clone()), (second.pem.clone(), key_of_another)] {
        *files.lock().unwrap() = broken;
        after_a_look(&mut looks).await;
        client(&server, client_tls(&old)).unary(noted("x")).await.unwrap();
    }
    *files.lock().unwrap() = (second.pem, second.key);
    after_a_look(&mut looks).await;
    client(&server, client_tls(&new)).unary(noted("x")).await.unwrap();
}

/// A loader that panics is a failure to load, not the end of the server.
#[tokio::test(start_paused = true)]
async fn a_loader_may_panic() {
    let ca = Ca::new("root");
    let issued = ca.server(&["localhost"]);
    let calls = Mutex::new(0);
    let (server, mut looks) = watched(move || {
        *calls.lock().unwrap() += 1;
        assert!(*calls.lock().unwrap() == 1, "it works once");
        Ok(ServerTls::new(identity(&issued)))
    });
    after_a_look(&mut looks).await;
    client(&server, client_tls(&ca)).unary(noted("x")).await.unwrap();
}

#[tokio::test]
async fn clients_are_shown_the_certificate_of_the_name_they_ask_for() {
    let (first, second) = (Ca::new("first"), Ca::new("second"));
    let tls = ServerTls::new(identity(&first.server(&["a.example.com"])))
        .identity(identity(&second.server(&["*.b.example.com", "b.example.com"])));
    let server = Running::over(Server::new().add(Script::echo()), |listener| tls.listen(listener).unwrap());
    let table = [("a.example.com", &first), ("b.example.com", &second), ("x.b.example.com", &second)];
    for (name, ca) in table {
        let tls = client_tls(ca).server_name(name).unwrap();
        client(&server, tls).unary(noted(name)).await.unwrap();
    }
    // All others are shown the first.
    let tls = client_tls(&first).server_name("c.example.com").unwrap();
    let status = client(&server, tls).unary(noted("x")).await.unwrap_err();
    assert!(status.message().contains("a.example.com"), "{status}");
}

/// After new roots for clients the old ones are not let in; of the sessions of before, `sessions.rs` tells.
#[tokio::test]
async fn new_roots_for_clients_hold_at_once() {
    let (ca, gone) = (Ca::new("root"), Ca::new("gone"));
    let mut handle = None;
    let server = Running::over(Server::new().add(Script::echo()), |listener| {
        let listener = server_tls(&ca).require_client_certificate(roots(&gone)).listen(listener).unwrap();
        handle = Some(listener.reload_handle());
        listener
    });
    let tls = client_tls(&ca).identity(identity(&gone.client(&["ada"])));
    client(&server, tls.clone()).unary(noted("x")).await.unwrap();
    handle.unwrap().reload(server_tls(&ca).require_client_certificate(roots(&ca))).unwrap();
    assert!(client(&server, tls).unary(noted("x")).await.is_err());
}
