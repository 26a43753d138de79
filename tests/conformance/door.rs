//! Who gets in: an authorizing server against every odd form of a path (S7, R8).

use puregrpc::{Request, Server, Status};
use puregrpc_support::{BIDI, END, MORE, RawPeer, Running, Script, UNARY, note, noted};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

/// A server that counts what reaches its handlers and keeps what its door was asked.
struct House {
    running: Running,
    asked: Arc<Mutex<Vec<String>>>,
    entered: Arc<AtomicUsize>,
}

impl House {
    fn new(decide: impl Fn(&str, &mut Request<()>) -> Result<(), Status> + Send + Sync + 'static) -> Self {
        let (asked, entered) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (log, count) = (Arc::clone(&asked), Arc::clone(&entered));
        let script = Script::echo().unary(move |request| {
            count.fetch_add(1, SeqCst);
            Box::pin(async move { Ok(request.into_inner().into()) })
        });
        let server = Server::new().add(script).authorize(move |path, request| {
            log.lock().unwrap().push(path.to_owned());
            decide(path, request)
        });
        Self { running: Running::start(server), asked, entered }
    }

    fn entered(&self) -> usize {
        self.entered.load(SeqCst)
    }
}

/// Closed but for one path and one token.
fn default_closed(path: &str, request: &mut Request<()>) -> Result<(), Status> {
    match (path, request.metadata().get("authorization")) {
        (UNARY, Some("Bearer good")) => Ok(()),
        (_, None) => Err(Status::unauthenticated("a token is needed")),
        _ => Err(Status::permission_denied("nobody may call this")),
    }
}

/// Forms of a path that somebody might take for `/wire.Wire/Unary`, and some that nobody would.
const ODD: [&str; 24] = [
    "",
    "/",
    "wire.Wire/Unary",
    "//wire.Wire/Unary",
    "/wire.Wire//Unary",
    "/wire.Wire/Unary/",
    "/wire.Wire/./Unary",
    "/other/../wire.Wire/Unary",
    "/wire.Wire/Unary?",
    "/wire.Wire/Unary?a=b",
    "?/wire.Wire/Unary",
    "/wire.Wire/Unar%79",
    "/wire%2eWire/Unary",
    "/wire.Wire%2fUnary",
    "/Wire.Wire/Unary",
    "/wire.Wire/unary",
    "/wire.Wire/Unary ",
    "/wire.Wire/Unary\t",
    "/wire.Wire/Unary;a=b",
    "/wire.Wire\\Unary",
    "http://localhost/wire.Wire/Unary",
    "localhost/wire.Wire/Unary",
    "*",
    "/wire.Wire",
];

/// One request on a connection of its own; its status, if it has one.
async fn knock(house: &House, method: &str, path: &str, token: Option<&str>) -> Option<u32> {
    let mut peer = house.running.peer().await;
    let mut extra = vec![(":method", method)];
    extra.extend(token.map(|token| ("authorization", token)));
    peer.request(1, path, &extra).await;
    peer.data(1, note("x"), END).await;
    answered(&mut peer).await
}

/// The status of stream 1; none if it, or the connection, was ended for being malformed.
async fn answered(peer: &mut RawPeer) -> Option<u32> {
    let stream = peer.over(1).await;
    (!stream.blocks.is_empty()).then(|| stream.status())
}

/// S7, R8: of all paths, methods and tokens, exactly one combination is let in.
#[tokio::test(start_paused = true)]
async fn only_what_is_allowed_gets_in() {
    let house = House::new(default_closed);
    for path in ODD.into_iter().chain([UNARY, BIDI, "/wire.Wire/Other", "/other.Service/Unary"]) {
        for method in ["POST", "GET", "PUT", "CONNECT", "post"] {
            for token in [None, Some("Bearer good"), Some("Bearer bad"), Some("bearer good"), Some("")] {
                let before = house.entered();
                let status = knock(&house, method, path, token).await;
                let allowed = (path, method, token) == (UNARY, "POST", Some("Bearer good"));
                assert_eq!(status == Some(0), allowed, "{method} {path:?} {token:?}");
                assert_eq!(house.entered() - before, usize::from(allowed), "{method} {path:?} {token:?}");
            }
        }
    }
}

/// S7: a rule that denies one path cannot be got round by another form of it: what is routed is what was asked.
#[tokio::test(start_paused = true)]
async fn no_odd_path_gets_round_a_rule_that_denies() {
    let house = House::new(|path, _| match path {
        UNARY => Err(Status::permission_denied("not this")),
        _ => Ok(()),
    });
    for path in ODD.into_iter().chain([UNARY, "/wire.Wire/Unary#other"]) {
        let status = knock(&house, "POST", path, None).await;
        assert_ne!(status, Some(0), "{path:?}");
        let asked = house.asked.lock().unwrap().pop();
        assert!(
            asked.is_none_or(|asked| path
                .strip_prefix(&asked)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))),
            "{path:?}"
        );
    }
    assert_eq!(house.entered(), 0);
}

/// R8: what is not there is not told to those who may not ask.
#[tokio::test(start_paused = true)]
async fn a_closed_door_does_not_tell_what_is_behind_it() {
    let house = House::new(default_closed);
    for path in [BIDI, "/wire.Wire/Other", "/other.Service/Unary"] {
        assert_eq!(knock(&house, "POST", path, None).await, Some(16), "{path}");
        assert_eq!(knock(&house, "POST", path, Some("Bearer good")).await, Some(7), "{path}");
    }
}

/// All doors must agree, and a panic is a no.
#[tokio::test(start_paused = true)]
async fn every_door_is_asked_and_a_panic_lets_nobody_in() {
    let panics = |_: &str, request: &mut Request<()>| {
        assert!(request.metadata().get("authorization").is_some(), "made to fail");
        Ok(())
    };
    let server = Server::new().add(Script::echo()).authorize(panics).authorize(default_closed);
    let running = Running::start(server);
    let mut peer = running.peer().await;
    assert_eq!(peer.call(1, UNARY, &[], &note("x")).await.status(), 2);
    assert_eq!(peer.call(3, UNARY, &[("authorization", "Bearer bad")], &note("x")).await.status(), 7);
    assert_eq!(peer.call(5, UNARY, &[("authorization", "Bearer good")], &note("x")).await.status(), 0);
}

/// What the door found out is there for the handler.
#[tokio::test(start_paused = true)]
async fn the_handler_knows_whom_the_door_let_in() {
    #[derive(Clone)]
    struct Name(&'static str);

    let script = Script::echo().unary(|request| {
        let name = request.extensions().get::<Name>().map_or("nobody", |name| name.0);
        Box::pin(async move { Ok(noted(name).into()) })
    });
    let server = Server::new().add(script).authorize(|_, request| {
        request.extensions_mut().insert(Name("Ada"));
        Ok(())
    });
    let mut peer = Running::start(server).peer().await;
    peer.request(1, UNARY, &[]).await;
    peer.data(1, note("x"), MORE).await;
    peer.data(1, [], END).await;
    assert_eq!(peer.answer(1).await.notes(), ["Ada"]);
}
