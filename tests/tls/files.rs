//! Certificates in files that change while a server shows them.

use crate::reload::{after_a_look, watched};
use crate::set_up::{client, client_tls};
use puregrpc::{Identity, ServerTls};
use puregrpc_support::{Ca, Level, Log, noted};
use std::fs;
use std::path::PathBuf;

/// New files are renamed into place, one after the other, or written where they are read; whatever is there in
/// between changes nothing, and is told of once. The new pair is for new connections; those that are open go on.
#[tokio::test(start_paused = true)]
async fn renamed_files_are_shown_to_new_connections() {
    let (old, new) = (Ca::new("old"), Ca::new("new"));
    let (first, second) = (old.server(&["localhost"]), new.server(&["localhost"]));
    let log = Log::up_to(Level::INFO);
    let folder = Folder::new();
    folder.rename_into_place("server.pem", &first.pem);
    folder.rename_into_place("server.key", &first.key);
    let (pem, key) = (folder.0.join("server.pem"), folder.0.join("server.key"));
    let (server, mut looks) = watched(move || Ok(ServerTls::new(Identity::from_files(&pem, &key)?)));
    let early = client(&server, client_tls(&old));
    let (mut notes, mut replies) = early.bidi(()).await.unwrap();

    let half = |text: &str| text[..text.len() / 2].to_owned();
    let table = [
        ("server.pem", half(&second.pem), "server.pem: the PEM text cannot be read"),
        ("server.pem", String::new(), "server.pem: no certificate found"),
        ("server.pem", second.pem.clone(), "the private key does not belong to the certificate"),
        ("server.key", half(&second.key), "server.key: no private key found"),
    ];
    for (name, text, complaint) in table {
        match text == second.pem {
            true => folder.rename_into_place(name, &text),
            false => fs::write(folder.0.join(name), text).unwrap(),
        }
        after_a_look(&mut looks).await;
        let told = log.take();
        assert!(
            told.len() == 1 && told[0].starts_with("WARN ") && told[0].contains(complaint),
            "{complaint}: {told:?}"
        );
        client(&server, client_tls(&old)).unary(noted("x")).await.unwrap();
        notes.send(&noted(complaint)).await.unwrap();
        assert_eq!(replies.recv().await.unwrap().unwrap(), noted(complaint));
    }

    folder.rename_into_place("server.key", &second.key);
    after_a_look(&mut looks).await;
    assert_eq!(log.take(), ["INFO message=new settings of TLS are in use"]);
    client(&server, client_tls(&new)).unary(noted("x")).await.unwrap();
    let late = client(&server, client_tls(&old)).unary(noted("x")).await.unwrap_err();
    assert!(late.message().contains("none of the trusted roots"), "{late}");
    notes.send(&noted("y")).await.unwrap();
    assert_eq!(replies.recv().await.unwrap().unwrap(), noted("y"));
}

/// A folder for a test; dropping it removes it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("puregrpc-tls-files-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// As those do it who hand out certificates: nobody finds half a file.
    fn rename_into_place(&self, name: &str, text: &str) {
        let beside = self.0.join(format!("{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.0.join(name)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the way of nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
