//! HTTPS of a real oracle, and a new certificate while it runs.

use std::{fs, path::Path};

use nix::sys::signal::Signal;

use super::support::{
    certificates::{Authority, HAS_ENDED, HOLDS},
    eventually, fresh_folder,
    network::Network,
    oracle::{spawn, write_files},
    process::{Finished, Process, program},
};

fn check(folder: &Path) -> Finished {
    Process::spawn(&program("trellis-oracle"), |command| command.args(["check", "oracle.toml"]).current_dir(folder))
        .wait()
}

/// A new connection that trusts `authority` alone.
async fn answers(url: &str, authority: &Authority) -> Result<u16, reqwest::Error> {
    let root = reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_built_in_root_certs(false).add_root_certificate(root).build().unwrap();
    Ok(client.get(format!("{url}/v1/status")).send().await?.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn oracle_serves_https_and_takes_a_new_certificate_at_sighup_if_it_is_good() {
    let network = Network::start().await;
    let folder = fresh_folder("tls");
    let port = write_files(&folder, &network);
    let settings = fs::read_to_string(folder.join("oracle.toml")).unwrap();
    let tls = "[tls]\ncertificate = \"api.pem\"\nkey = \"api.key\"\n";
    fs::write(folder.join("oracle.toml"), format!("{settings}{tls}")).unwrap();
    let (first, second) = (Authority::new(), Authority::new());

    assert!(check(&folder).stdout.contains("problem  tls: the certificate api.pem cannot be read"));
    first.issue(&folder, "api", HAS_ENDED);
    let said = check(&folder);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.contains("warning  tls: the certificate has ended"), "{}", said.stdout);
    first.issue(&folder, "api", HOLDS);
    assert!(check(&folder).stdout.contains("ok       tls: api.pem and its key"));

    let mut oracle = spawn(&folder);
    let url = format!("https://127.0.0.1:{port}");
    eventually("the line that says where it listens", || {
        assert!(!oracle.has_ended(), "{}", oracle.stderr());
        oracle.stdout().contains(&format!("listening on {url}\n")).then_some(())
    });
    assert_eq!(answers(&url, &first).await.unwrap(), 200);
    assert!(answers(&url, &second).await.is_err());

    let reload = |words: &str, times: usize| {
        oracle.signal(Signal::SIGHUP);
        eventually(words, || (oracle.stderr().matches(words).count() == times).then_some(()));
    };
    // Neither of these changes anything.
    fs::write(folder.join("api.pem"), "no certificate").unwrap();
    reload("the certificate stays as it is", 1);
    second.issue(&folder, "api", HAS_ENDED);
    reload("the certificate stays as it is", 2);
    assert_eq!(answers(&url, &first).await.unwrap(), 200);

    second.issue(&folder, "api", HOLDS);
    reload("new connections get the new certificate", 1);
    assert_eq!(answers(&url, &second).await.unwrap(), 200);
    assert!(answers(&url, &first).await.is_err());
    oracle.signal(Signal::SIGTERM);
    assert_eq!(oracle.wait().code, Some(0));
}
