//! What `puregrpc serve` and `puregrpc client` do with TLS.

use std::fs;

use crate::process::{Ended, Folder, Served, run, run_with};

/// Calls a server over TLS with these options.
fn greet(served: &Served, options: &[&str]) -> Ended {
    greet_at(&format!("https://{}", served.addresses[0]), options)
}

fn greet_at(url: &str, options: &[&str]) -> Ended {
    run(&[&["client", "hello", "--name", "Ada", "--server", url], options].concat())
}

fn assert_greeted(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.output, "client received: こんにちは, Ada\n");
}

/// UNAVAILABLE, with a text that says this.
fn assert_refused(ended: &Ended, text: &str) {
    assert_eq!(ended.code, Some(64 + 14), "{ended:?}");
    assert!(ended.errors.contains(text), "{ended:?}");
}

#[test]
fn a_certificate_made_for_the_occasion_is_trusted_by_its_authority_alone() {
    let (folder, other) = (Folder::new(), Folder::new());
    let [own, others] = [&folder, &other].map(|folder| folder.path().to_owned());
    let served = Served::start(&["--tls-self-signed", &own]);
    let _other = Served::start(&["--tls-self-signed", &others]);
    assert_greeted(&greet(&served, &["--tls-ca", &format!("{own}/ca.pem")]));
    assert_refused(&greet(&served, &["--tls-ca", &format!("{others}/ca.pem")]), "certificate");
    assert_refused(&greet(&served, &[]), "certificate");
    let wrong = greet(&served, &["--tls-ca", &format!("{own}/ca.pem"), "--tls-name", "example.org"]);
    assert_refused(&wrong, "example.org");
}

/// Where --tls-ca is not given, those are trusted whom the system trusts: what the variables of OpenSSL name, if they
/// are set. Mozilla's roots, which vouch for none of ours, are for a system that has nothing, and for it alone.
#[test]
fn the_system_says_whom_to_trust() {
    let (folder, other, trusted) = (Folder::new(), Folder::new(), Folder::new());
    let served = Served::start(&["--tls-self-signed", folder.path()]);
    let _other = Served::start(&["--tls-self-signed", other.path()]);
    let [own, others] = [&folder, &other].map(|folder| format!("{}/ca.pem", folder.path()));
    fs::copy(&own, trusted.file("ca.pem")).unwrap();
    let url = format!("https://{}", served.addresses[0]);
    let greet = |variables: &[_]| run_with(variables, &["client", "hello", "--name", "Ada", "--server", &url]);
    assert_greeted(&greet(&[("SSL_CERT_FILE", &own)]));
    assert_greeted(&greet(&[("SSL_CERT_DIR", trusted.path())]));
    assert_refused(&greet(&[("SSL_CERT_FILE", &others)]), "the server's certificate is refused");
    let missing = greet(&[("SSL_CERT_FILE", "/no/such/file")]);
    assert_refused(&missing, "no root certificates where SSL_CERT_FILE says");
    assert_refused(&missing, "/no/such/file");
    // The name of no file: as on a system that has nothing.
    let nothing = greet(&[("SSL_CERT_FILE", "")]);
    // Mozilla's are built in.
    assert_refused(&nothing, "none of the trusted roots vouches for it");
}

#[test]
fn the_banner_says_how_to_call_over_tls() {
    let folder = Folder::new();
    let path = folder.path();
    let served = Served::start(&["--tls-self-signed", path]);
    let line = served.banner.iter().find(|line| line.contains("client hello")).unwrap();
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    assert_eq!(run(&words).code, Some(0), "{line}");
}

/// The CA of the folder vouches for clients, too, where it is named for them.
#[test]
fn the_banner_names_the_clients_certificate_where_one_is_asked_for() {
    let folder = Folder::new();
    let path = folder.path();
    let line =
        format!("They also have to show a certificate, such as {path}/client.pem with the key {path}/client.key.");
    let plain = Served::start(&["--tls-self-signed", path]);
    assert!(!plain.banner.contains(&line), "{:?}", plain.banner);
    let served = Served::start(&["--tls-self-signed", path, "--tls-client-ca", &format!("{path}/ca.pem")]);
    assert!(served.banner.contains(&line), "{:?}", served.banner);
    assert_refused(&greet(&served, &["--tls-ca", &format!("{path}/ca.pem")]), "certificate");
    let call = served.banner.iter().find(|line| line.contains("client hello")).unwrap();
    let words: Vec<_> = call.split_whitespace().skip(1).collect();
    assert_eq!(run(&words).code, Some(0), "{call}");
}

#[test]
fn a_server_that_asks_for_certificates_lets_in_nobody_else() {
    let folder = Folder::new();
    let path = folder.path();
    let file = |name: &str| format!("{path}/{name}");
    drop(Served::start(&["--tls-self-signed", path]));
    let files =
        ["--tls-cert", &file("server.pem"), "--tls-key", &file("server.key"), "--tls-client-ca", &file("ca.pem")];
    let served = Served::start(&files);
    let trusting = ["--tls-ca", &file("ca.pem")];
    assert_refused(&greet(&served, &trusting), "certificate");
    let identity = ["--tls-cert", &file("client.pem"), "--tls-key", &file("client.key")];
    assert_greeted(&greet(&served, &[trusting, [identity[0], identity[1]], [identity[2], identity[3]]].concat()));
    // A server's certificate is not one for a client.
    let wrong = ["--tls-cert", &file("server.pem"), "--tls-key", &file("server.key")];
    assert_eq!(greet(&served, &[&trusting[..], &wrong].concat()).code, Some(64 + 14));
}

#[test]
fn plaintext_and_tls_tell_each_other_apart() {
    let folder = Folder::new();
    let secure = Served::start(&["--tls-self-signed", folder.path()]);
    assert_refused(&greet_at(&format!("http://{}", secure.addresses[0]), &[]), "https://");
    let plain = Served::start(&[]);
    assert_refused(&greet(&plain, &[]), "http://");
}

#[test]
fn what_is_wrong_with_tls_files_is_told_before_anything_listens() {
    let folder = Folder::new();
    let broken = folder.file("broken.pem");
    fs::write(&broken, "nothing of use").unwrap();
    let broken = broken.to_str().unwrap();
    for (options, code, text) in [
        (&["--tls-cert", broken][..], 2, "--tls-key"),
        (&["--tls-client-ca", broken], 2, "--tls-cert"),
        (&["--tls-cert", broken, "--tls-key", broken], 1, "broken.pem"),
        (&["--tls-cert", "/nowhere.pem", "--tls-key", broken], 1, "/nowhere.pem"),
        (&["--tls-cert", broken, "--tls-key", broken, "--tls-self-signed", "/nowhere"], 2, "--tls-self-signed"),
    ] {
        let ended = run(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
        assert_eq!(ended.code, Some(code), "{options:?}: {ended:?}");
        assert!(ended.errors.contains(text), "{options:?}: {ended:?}");
    }
}
