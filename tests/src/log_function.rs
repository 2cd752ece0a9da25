//! The function `log` by itself, on a stack that does not run its own, and a witness for it.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use xinzheng::{Calls, Stack, count_calls};
use xinzheng_runtime::environment::Environment;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_runtime::{Clock, Metrics, Services};
use xinzheng_tlog::{Cosigner, LogKey, LogSigner};
use xinzheng_witness::{Witness, serve};

/// What the log is called.
pub const ORIGIN: &str = "credit.example.invalid/log";
/// Of what its key is made.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The log's key.
pub fn log_key() -> LogKey {
    LogSigner::of(ORIGIN, SECRET.as_bytes()).unwrap().key().clone()
}

/// A witness that keeps `cosigned.json` in this folder, served; its address and key.
pub async fn witness(folder: &Path) -> (String, String) {
    let cosigner = Cosigner::parse(&Cosigner::draw("w.example.invalid").unwrap()).unwrap();
    let witness = Witness::open(vec![log_key()], cosigner, &folder.join("cosigned.json")).unwrap();
    let (key, listener) = (witness.key().to_string(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, Arc::new(witness), std::future::pending()));
    (address, key)
}

/// The function on a stack's table and buckets, through these clients.
pub async fn log_function(stack: &Stack, witness: &(String, String), services: Services) -> xinzheng_log::App {
    log_function_by(SECRET, stack, witness, services).await
}

/// The same, whose key is made of another secret.
pub async fn log_function_by(
    secret: &str,
    stack: &Stack,
    witness: &(String, String),
    services: Services,
) -> xinzheng_log::App {
    let variables = [
        ("TABLE_NAME", stack.resource("RegistryTable")),
        ("LOG_BUCKET", stack.resource("LogBucket")),
        ("INTAKE_BUCKET", stack.resource("IntakeBucket")),
        ("LOG_ORIGIN", ORIGIN.to_owned()),
        ("LOG_URL", "https://credit.example.invalid/log".to_owned()),
        ("WITNESS_URLS", witness.0.clone()),
        ("WITNESS_KEYS", witness.1.clone()),
        ("WITNESS_THRESHOLD", "1".to_owned()),
        ("METRICS_NAMESPACE", "test".to_owned()),
    ];
    let start = Start {
        environment: Environment::of(variables.map(|(name, value)| (name.to_owned(), value))),
        services,
        secrets: Secrets::given([("LOG_KEY_SECRET".to_owned(), secret.to_owned())].into()),
        clock: Clock::system(),
        metrics: Metrics::of(|_| {}),
        sdk: aws_config::SdkConfig::builder().build(),
    };
    xinzheng_log::App::load(start).await.unwrap()
}

/// A stack's clients, whose calls are counted.
pub fn counted(stack: &Stack, calls: &Calls) -> Services {
    let dynamodb = stack.services.dynamodb.config().to_builder().interceptor(count_calls(calls));
    let s3 = stack.services.s3.config().to_builder().interceptor(count_calls(calls));
    Services {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}
