//! Secrets: those that a function's environment names, read together from Secrets Manager; at start, and again while it runs
//! (`instance.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, SdkError};
use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};
use futures::future::join_all;
use jiff::Timestamp;
use xinzheng_domain::AddressKey;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::report::verification_code::CodeKeys;
use xinzheng_tlog::LogSigner;

use crate::answer_keys::AnswerKeys;
use crate::environment::{Environment, EnvironmentError};

/// How the variables end that name a secret.
const NAMES: &str = "_SECRET";

/// A function's secrets by the variable that names each, as they were at a moment.
#[derive(Clone)]
pub struct Secrets {
    source: Source,
    texts: BTreeMap<String, String>,
    read_at: Timestamp,
    again: bool,
}

/// Where secrets come from.
#[derive(Clone)]
enum Source {
    /// A variable holds the secret's ARN.
    SecretsManager(Client),
    /// Gives all of them by the variables that name them.
    Kept(Arc<dyn Fn() -> Result<BTreeMap<String, String>, String> + Send + Sync>),
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// Those of Secrets Manager under this configuration; none is read yet.
    pub fn of(config: &SdkConfig) -> Self {
        Self::from(Source::SecretsManager(Client::new(config)))
    }

    /// Those that `give` gives by the variable that would name each, for a stack without Secrets Manager; none is read yet.
    pub fn kept_by(give: impl Fn() -> Result<BTreeMap<String, String>, String> + Send + Sync + 'static) -> Self {
        Self::from(Source::Kept(Arc::new(give)))
    }

    /// These, by the variable that would name each.
    pub fn given(secrets: BTreeMap<String, String>) -> Self {
        let texts = secrets.clone();
        Self { texts, ..Self::kept_by(move || Ok(secrets.clone())) }
    }

    fn from(source: Source) -> Self {
        Self { source, texts: BTreeMap::new(), read_at: Timestamp::MIN, again: false }
    }

    /// The same, read at this moment: those that the environment names, all at once. One BatchGetSecretValue; a
    /// GetSecretValue for each where they are not given together.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub async fn read(&self, environment: &Environment, at: Timestamp) -> Result<Self, EnvironmentError> {
        let read = self.found(environment).await.into_iter();
        let texts = read.map(|(name, found)| Ok((name, found?))).collect::<Result<_, EnvironmentError>>()?;
        Ok(Self { texts, read_at: at, ..self.clone() })
    }

    /// The same, read again; what cannot be read is as it was, with why. One BatchGetSecretValue;
    /// a GetSecretValue for each where they are not given together.
    pub async fn read_again(&self, environment: &Environment, at: Timestamp) -> (Self, Vec<EnvironmentError>) {
        let (mut texts, mut unread) = (self.texts.clone(), vec![]);
        for (name, found) in self.found(environment).await {
            match found {
                Ok(text) => {
                    texts.insert(name, text);
                }
                Err(error) => unread.push(error),
            }
        }
        (Self { texts, read_at: at, again: true, ..self.clone() }, unread)
    }

    async fn found(&self, environment: &Environment) -> Vec<(String, Result<String, EnvironmentError>)> {
        let wrong = |name: &str, why: String| EnvironmentError::Secret { name: name.to_owned(), why };
        let named = environment.named(NAMES);
        match &self.source {
            Source::Kept(give) => {
                let kept = give();
                let found = named.map(|(name, _)| {
                    let text = kept.as_ref().map_err(Clone::clone);
                    let text = text.and_then(|kept| kept.get(name).cloned().ok_or_else(|| "not given".to_owned()));
                    (name.to_owned(), text.map_err(|why| wrong(name, why)))
                });
                found.collect()
            }
            Source::SecretsManager(client) => {
                let named: Vec<(&str, &str)> = named.collect();
                let read = read_together(client, named.iter().map(|(_, arn)| *arn).collect()).await;
                let found = named.into_iter().map(|(name, arn)| {
                    let text = read.as_ref().map_err(Clone::clone).and_then(|read| read.text_of(arn));
                    (name.to_owned(), text.map_err(|why| wrong(name, why)))
                });
                found.collect()
            }
        }
    }

    /// True when each is what it is there.
    pub fn are_those(&self, other: &Self) -> bool {
        self.texts == other.texts
    }

    /// When they were read: they are at least as new.
    pub const fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// True when a function runs already with what they were before: who refuses them leaves it with that.
    pub const fn are_read_again(&self) -> bool {
        self.again
    }

    fn get(&self, variable: &str) -> Result<&str, EnvironmentError> {
        let none = || EnvironmentError::Secret { name: variable.to_owned(), why: "no variable names it".to_owned() };
        self.texts.get(variable).map(String::as_str).ok_or_else(none)
    }

    /// The key under which identity numbers become subject ids; `PERSON_KEY_SECRET` names it.
    pub fn person_key(&self) -> Result<PersonKey, EnvironmentError> {
        self.get("PERSON_KEY_SECRET").map(PersonKey::new)
    }

    /// The key under which network addresses become marks; `ADDRESS_KEY_SECRET` names it.
    pub fn address_key(&self) -> Result<AddressKey, EnvironmentError> {
        self.get("ADDRESS_KEY_SECRET").map(AddressKey::new)
    }

    /// The key under which the portal encrypts sessions; `PORTAL_KEY_SECRET` names it.
    pub fn portal_key(&self) -> Result<&str, EnvironmentError> {
        self.get("PORTAL_KEY_SECRET")
    }

    /// Who signs reports: certificates and key, as JSON; `SIGNING_SECRET` names it.
    pub fn signing_configuration(&self) -> Result<&str, EnvironmentError> {
        self.get("SIGNING_SECRET")
    }

    /// The keys that answers are signed by; `ANSWER_KEYS_SECRET` names them.
    pub fn answer_keys(&self) -> Result<AnswerKeys, EnvironmentError> {
        let json = self.get("ANSWER_KEYS_SECRET")?;
        AnswerKeys::parse(json)
            .map_err(|error| EnvironmentError::Secret { name: "ANSWER_KEYS_SECRET".to_owned(), why: error.to_string() })
    }

    /// Who signs checkpoints of the public log; `LOG_KEY_SECRET` names the secret of which its key is made, `LOG_ORIGIN` says what
    /// the log is called.
    pub fn log_signer(&self, environment: &Environment) -> Result<LogSigner, EnvironmentError> {
        let secret = self.get("LOG_KEY_SECRET")?;
        LogSigner::of(environment.text("LOG_ORIGIN")?, secret.as_bytes())
            .map_err(|error| EnvironmentError::Secret { name: "LOG_KEY_SECRET".to_owned(), why: error.to_string() })
    }

    /// The issuer's keys (JWKS); `TOKEN_KEYS_SECRET` names them.
    pub fn token_keys(&self) -> Result<&str, EnvironmentError> {
        self.get("TOKEN_KEYS_SECRET")
    }

    /// The secrets that those of webhooks are made of, as JSON; `WEBHOOK_KEYS_SECRET` names them.
    pub fn webhook_keys(&self) -> Result<&str, EnvironmentError> {
        self.get("WEBHOOK_KEYS_SECRET")
    }

    /// The keys of verification codes; `CODE_KEYS_SECRET` names them.
    pub fn code_keys(&self) -> Result<CodeKeys, EnvironmentError> {
        let json = self.get("CODE_KEYS_SECRET")?;
        CodeKeys::parse(json)
            .map_err(|error| EnvironmentError::Secret { name: "CODE_KEYS_SECRET".to_owned(), why: error.to_string() })
    }
}

/// What Secrets Manager gave.
#[derive(Default)]
struct Given {
    secrets: Vec<SecretValueEntry>,
    errors: Vec<ApiErrorType>,
}

/// The secrets of these ARNs, at most twenty; why none could be read.
async fn read_together(client: &Client, arns: BTreeSet<&str>) -> Result<Given, String> {
    if arns.is_empty() {
        return Ok(Given::default());
    }
    let list = arns.iter().map(|arn| (*arn).to_owned()).collect();
    let given = client.batch_get_secret_value().set_secret_id_list(Some(list)).send().await;
    match given.map_err(SdkError::into_service_error) {
        Ok(given) => {
            Ok(Given { secrets: given.secret_values.unwrap_or_default(), errors: given.errors.unwrap_or_default() })
        }
        Err(error) if error.meta().code().is_some_and(|code| NOT_TOGETHER.contains(&code)) => {
            Ok(read_each(client, arns).await)
        }
        Err(error) => Err(DisplayErrorContext(&error).to_string()),
    }
}

/// What a Secrets Manager answers that gives one secret at a time, or a role that may ask for no more.
const NOT_TOGETHER: [&str; 4] =
    ["AccessDeniedException", "InvalidAction", "UnknownOperationException", "UnrecognizedOperationException"];

/// The same, asked for one by one and at once.
async fn read_each(client: &Client, arns: BTreeSet<&str>) -> Given {
    let asked = arns.into_iter().map(async |arn| {
        let found = client.get_secret_value().secret_id(arn).send().await.map_err(SdkError::into_service_error);
        found.map_err(|error| {
            let told = ApiErrorType::builder().secret_id(arn).set_error_code(error.meta().code().map(str::to_owned));
            told.set_message(error.meta().message().map(str::to_owned)).build()
        })
    });
    let mut given = Given::default();
    for found in join_all(asked).await {
        match found {
            Ok(secret) => {
                let entry = SecretValueEntry::builder().set_arn(secret.arn).set_secret_string(secret.secret_string);
                given.secrets.push(entry.build());
            }
            Err(error) => given.errors.push(error),
        }
    }
    given
}

impl Given {
    /// The secret of an ARN, or why there is none.
    fn text_of(&self, arn: &str) -> Result<String, String> {
        if let Some(secret) = self.secrets.iter().find(|secret| secret.arn().is_some_and(|whole| is_of(arn, whole))) {
            return secret.secret_string.clone().ok_or_else(|| "it is not text".to_owned());
        }
        let error = self.errors.iter().find(|error| error.secret_id() == Some(arn));
        Err(error.map_or_else(
            || "Secrets Manager says nothing of it".to_owned(),
            |error| format!("{}: {}", error.error_code().unwrap_or_default(), error.message().unwrap_or_default()),
        ))
    }
}

/// True when an ARN names the secret of a whole one: it may lack the six characters at its end, which Secrets Manager draws.
fn is_of(arn: &str, whole: &str) -> bool {
    whole.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || (rest.len() == 7 && rest.starts_with('-')))
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const NAMES: [&str; 4] = ["ADDRESS_KEY_SECRET", "ANSWER_KEYS_SECRET", "CODE_KEYS_SECRET", "PORTAL_KEY_SECRET"];

    /// Takes one request; what of Secrets Manager it asks, and its body.
    async fn request(stream: &mut TcpStream) -> (String, serde_json::Value) {
        let mut read = vec![];
        loop {
            let mut chunk = [0; 4096];
            let length = stream.read(&mut chunk).await.unwrap();
            read.extend_from_slice(&chunk[..length]);
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((_, body)) = text.split_once("\r\n\r\n").filter(|(_, body)| body.ends_with('}')) {
                let (_, target) = text.split_once("secretsmanager.").expect("a target");
                let target = target.chars().take_while(char::is_ascii_alphabetic).collect();
                return (target, serde_json::from_str(body).unwrap());
            }
        }
    }

    /// Secrets Manager, which answers each request with this; what it was asked for.
    async fn answer(listener: TcpListener, answers: Vec<serde_json::Value>) -> Vec<serde_json::Value> {
        let mut asked = vec![];
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (target, body) = request(&mut stream).await;
            assert_eq!(target, "BatchGetSecretValue");
            asked.push(body);
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        asked
    }

    async fn read_from(address: &str) -> Secrets {
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("cn-north-1"))
            .credentials_provider(aws_sdk_secretsmanager::config::Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(address)
            .load()
            .await;
        Secrets::of(&sdk)
    }

    fn environment() -> Environment {
        let variables = NAMES.map(|name| (name.to_owned(), format!("arn:{name}")));
        Environment::of(variables.into_iter().chain([("TABLE_NAME".to_owned(), "t".to_owned())]))
    }

    /// The secret of a variable as Secrets Manager tells it.
    fn told(name: &str, end: &str) -> serde_json::Value {
        json!({ "ARN": format!("arn:{name}{end}"), "SecretString": format!("of {name}{end}") })
    }

    #[tokio::test]
    async fn secrets_are_read_with_one_call() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // In another order; of one the end of its ARN was not named.
        let all = NAMES.iter().rev().map(|name| told(name, if name.starts_with("ADDRESS") { "-AbC123" } else { "" }));
        let answers = vec![json!({ "SecretValues": all.collect::<Vec<_>>(), "Errors": [] })];
        let serving = tokio::spawn(answer(listener, answers));
        let read = read_from(&address).await.read(&environment(), Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(serving.await.unwrap(), [json!({ "SecretIdList": NAMES.map(|name| format!("arn:{name}")) })]);
        assert_eq!(read.portal_key().unwrap(), "of PORTAL_KEY_SECRET");
        assert_eq!(read.get("ADDRESS_KEY_SECRET").unwrap(), "of ADDRESS_KEY_SECRET-AbC123");
        assert!(read.webhook_keys().is_err(), "no variable names it");
        assert!(!format!("{read:?}").contains("of "));
    }

    #[tokio::test]
    async fn where_they_are_not_given_together_each_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            for _ in 0..=NAMES.len() {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (target, body) = request(&mut stream).await;
                let (status, answer) = if target == "GetSecretValue" {
                    let arn = body["SecretId"].as_str().unwrap().to_owned();
                    ("200 OK", json!({ "ARN": arn, "SecretString": format!("of {arn}") }))
                } else {
                    ("400 Bad Request", json!({ "__type": "UnknownOperationException" }))
                };
                let answer = answer.to_string();
                let head =
                    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                stream.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
            }
        });
        let read = read_from(&address).await.read(&environment(), Timestamp::UNIX_EPOCH).await.unwrap();
        serving.await.unwrap();
        for name in NAMES {
            assert_eq!(read.get(name).unwrap(), format!("of arn:{name}"));
        }
    }

    #[tokio::test]
    async fn what_is_not_given_is_told_and_stays_as_it_was() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let denied =
            json!({ "SecretId": "arn:ANSWER_KEYS_SECRET", "ErrorCode": "AccessDeniedException", "Message": "no" });
        let other = json!({ "ARN": "arn:PORTAL_KEY_SECRET-of-another", "SecretString": "another" });
        let answers = vec![
            json!({ "SecretValues": NAMES.map(|name| told(name, "")) }),
            json!({
                "SecretValues": [{ "ARN": "arn:ADDRESS_KEY_SECRET", "SecretString": "new" }, { "ARN": "arn:CODE_KEYS_SECRET" }, other],
                "Errors": [denied],
            }),
        ];
        let serving = tokio::spawn(answer(listener, answers));
        let first = read_from(&address).await.read(&environment(), Timestamp::UNIX_EPOCH).await.unwrap();
        let (again, unread) = first.read_again(&environment(), Timestamp::UNIX_EPOCH).await;
        serving.await.unwrap();
        assert_eq!(again.get("ADDRESS_KEY_SECRET").unwrap(), "new");
        for name in &NAMES[1..] {
            assert_eq!(again.get(name).unwrap(), format!("of {name}"));
        }
        let unread: Vec<String> = unread.iter().map(ToString::to_string).collect();
        assert_eq!(
            unread,
            [
                "secret of ANSWER_KEYS_SECRET: AccessDeniedException: no",
                "secret of CODE_KEYS_SECRET: it is not text",
                "secret of PORTAL_KEY_SECRET: Secrets Manager says nothing of it",
            ]
        );
    }
}
