//! Who gets in: odd paths, methods, tokens and every state of TLS against a server that is closed by default.

use crate::set_up::{foreign_config, provider, roots, server_tls};
use puregrpc::{Request, Status};
use puregrpc_support::{BIDI, Ca, END, RawPeer, Running, UNARY, note};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

/// Lets in one client, by the name in its certificate and its token, to one method.
fn decide(path: &str, request: &mut Request<()>) -> Result<(), Status> {
    let peer = request.peer().ok_or_else(|| Status::internal("a server knows its peers"))?;
    match (path, request.metadata().get("authorization")) {
        _ if !peer.is_tls() => Err(Status::unauthenticated("TLS is needed")),
        (UNARY, Some("Bearer good")) if peer.certificate_names().iter().any(|name| name == "ada") => Ok(()),
        _ => Err(Status::permission_denied("nobody may call this")),
    }
}

/// How somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    Plainly,
    Unnamed,
    As(&'static str),
}

/// The same service without TLS and with it, where a certificate is taken but not asked for.
struct House {
    ca: Ca,
    plain: Running,
    secure: Running,
    entered: Arc<AtomicUsize>,
}

impl House {
    fn new() -> Self {
        let ca = Ca::new("root");
        let (server, entered) = crate::set_up::counted();
        let server = server.authorize(decide);
        let tls = server_tls(&ca).accept_client_certificate(roots(&ca));
        let secure = Running::over(server.clone(), |listener| tls.listen(listener).unwrap());
        Self { plain: Running::start(server), secure, ca, entered }
    }

    async fn peer(&self, comes: Comes) -> RawPeer {
        let certificate = match comes {
            Comes::Plainly => return self.plain.peer().await,
            Comes::Unnamed => None,
            Comes::As(name) => Some(self.ca.client(&[name])),
        };
        let pipe = self.secure.connect().await;
        let connector = TlsConnector::from(Arc::new(foreign_config(&self.ca, certificate.as_ref(), provider().into())));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), pipe).await.unwrap();
        RawPeer::client(stream).await
    }

    /// One request; whether it was let in.
    async fn knock(&self, peer: &mut RawPeer, stream: u32, path: &str, method: &str, token: Option<&str>) -> bool {
        let before = self.entered.load(Ordering::Relaxed);
        let mut extra = vec![(":method", method)];
        extra.extend(token.map(|token| ("authorization", token)));
        peer.request(stream, path, &extra).await;
        peer.data(stream, note("x"), END).await;
        let seen = peer.over(stream).await;
        let answered = !seen.blocks.is_empty() && seen.status() == 0;
        assert_eq!(self.entered.load(Ordering::Relaxed) - before, usize::from(answered), "{method} {path:?} {token:?}");
        answered
    }
}

/// S7, C20: of all ways to come, methods, paths and tokens, exactly one combination is let in.
#[tokio::test]
async fn only_the_right_certificate_with_the_right_token_gets_in() {
    let house = House::new();
    let paths = [
        UNARY,
        BIDI,
        "/wire.Wire/Other",
        "",
        "/",
        "wire.Wire/Unary",
        "//wire.Wire/Unary",
        "/wire.Wire/Unary/",
        "/wire.Wire/Unary?",
        "/wire.Wire/Unar%79",
        "/wire.Wire/unary",
        "https://localhost/wire.Wire/Unary",
    ];
    for comes in [Comes::Plainly, Comes::Unnamed, Comes::As("ada"), Comes::As("eve"), Comes::As("ada.example")] {
        for path in paths {
            let mut peer = house.peer(comes).await;
            let ways = [
                ("POST", Some("Bearer good")),
                ("POST", Some("Bearer bad")),
                ("POST", None),
                ("GET", Some("Bearer good")),
            ];
            for ((method, token), stream) in ways.into_iter().zip((1..).step_by(2)) {
                let right = (comes, method, path, token) == (Comes::As("ada"), "POST", UNARY, Some("Bearer good"));
                let let_in = house.knock(&mut peer, stream, path, method, token).await;
                assert_eq!(let_in, right, "{comes:?} {method} {path:?} {token:?}");
            }
        }
    }
    assert_eq!(house.entered.load(Ordering::Relaxed), 1);
}
