//! Whom clients believe, shown by a server on this machine whose certificate is of an authority that nobody else knows. What a
//! process believes is told by its environment: each client asks in a process of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Whom to ask, as which client.
const ADDRESS: &str = "ASKED_ADDRESS";
const CLIENT: &str = "ASKED_BY";
/// How the one who asks tells what came of it.
const TOLD: &str = "what came of it: ";
const SECRET: &str = "reached";
/// The variables by which processes learn of authorities or of somebody in between.
const ELSEWHERE: [&str; 8] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "AWS_CA_BUNDLE",
    "NIX_SSL_CERT_FILE",
];

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A server called localhost that answers whatever it is asked with a secret; its address.
async fn serve(authority: &Authority) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let configuration = ServerConfig::builder().with_no_client_auth();
    let configuration =
        configuration.with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap());
    let acceptor = TlsAcceptor::from(Arc::new(configuration.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not believe it goes away.
            let _gone = answer(&acceptor, stream).await;
        }
    });
    address
}

async fn answer(acceptor: &TlsAcceptor, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut head = vec![];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let body = format!("{{\"SecretString\":\"{SECRET}\"}}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// What came of asking an address, in a process where `SSL_CERT_FILE` names this file, or nothing does.
async fn asked(client: &str, address: &str, named: Option<&Path>) -> String {
    let mut process = Command::new(env::current_exe().unwrap());
    process.args(["--exact", "asks_in_a_process_of_its_own", "--ignored", "--nocapture"]);
    for variable in ELSEWHERE {
        process.env_remove(variable);
    }
    process.env(CLIENT, client).env(ADDRESS, address);
    if let Some(file) = named {
        process.env("SSL_CERT_FILE", file);
    }
    let output = tokio::task::spawn_blocking(move || process.output().unwrap()).await.unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().find_map(|line| line.split_once(TOLD)).unwrap_or_else(|| panic!("{output}")).1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_believed_where_it_is_named_and_nowhere_else() {
    let (own, other, folder) = (authority(), authority(), tempfile::tempdir().unwrap());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (own_file, other_file) = (file("own.pem", &own.pem()), file("other.pem", &other.pem()));
    let address = serve(&own).await;
    let nothing = Path::new("");
    for client in ["aws", "others"] {
        for (named, reached) in [
            (None, false),
            (Some(nothing), false),
            (Some(other_file.as_path()), false),
            (Some(own_file.as_path()), true),
        ] {
            let told = asked(client, &address, named).await;
            assert_eq!(told.contains(SECRET), reached, "{client}, {named:?}: {told}");
            // Not because nobody was there.
            assert_eq!(told.contains("InvalidCertificate("), !reached, "{client}, {named:?}: {told}");
        }
    }
}

#[tokio::test]
#[ignore = "the test above runs it"]
async fn asks_in_a_process_of_its_own() {
    let (Ok(client), Ok(address)) = (env::var(CLIENT), env::var(ADDRESS)) else { return };
    let told = match client.as_str() {
        "aws" => by_aws(&address).await,
        _ => by_others(&address).await,
    };
    println!("{TOLD}{}", told.unwrap_or_else(|error| error).replace('\n', " "));
}

async fn by_aws(address: &str) -> Result<String, String> {
    let client = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(address)
        .http_client(xinzheng_roots::aws_client().unwrap());
    let client = aws_sdk_secretsmanager::Client::from_conf(client.build());
    let found = client.get_secret_value().secret_id("one").send().await;
    found.map(|found| found.secret_string.unwrap()).map_err(|error| DisplayErrorContext(error).to_string())
}

async fn by_others(address: &str) -> Result<String, String> {
    let answer = xinzheng_roots::client().build().unwrap().get(address).send().await;
    answer.map_err(|error| format!("{error:?}"))?.text().await.map_err(|error| format!("{error:?}"))
}
