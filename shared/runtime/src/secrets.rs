//! Secrets: those that a function's environment names, read together from Secrets Manager; at start, and again while it runs
//! (`instance.rs`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
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
    SecretsManager(aws_sdk_secretsmanager::Client),
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
        Self::from(Source::SecretsManager(aws_sdk_secretsmanager::Client::new(config)))
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

    /// The same, read at this moment: those that the environment names, all at once. A GetSecretValue for each.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub async fn read(&self, environment: &Environment, at: Timestamp) -> Result<Self, EnvironmentError> {
        let read = self.found(environment).await.into_iter();
        let texts = read.map(|(name, found)| Ok((name, found?))).collect::<Result<_, EnvironmentError>>()?;
        Ok(Self { texts, read_at: at, ..self.clone() })
    }

    /// The same, read again; what cannot be read is as it was, with why. A GetSecretValue for each.
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
                let found = named.map(async |(name, arn)| {
                    let found = client.get_secret_value().secret_id(arn).send().await;
                    let found = found.map_err(|error| wrong(name, error.into_service_error().to_string()));
                    let text = found
                        .and_then(|found| found.secret_string.ok_or_else(|| wrong(name, "it is not text".to_owned())));
                    (name.to_owned(), text)
                });
                join_all(found).await
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

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const NAMES: [&str; 3] = ["ADDRESS_KEY_SECRET", "CODE_KEYS_SECRET", "PORTAL_KEY_SECRET"];

    /// The body of a request.
    async fn request(stream: &mut TcpStream) -> String {
        let mut read = vec![];
        loop {
            let mut chunk = [0; 4096];
            let length = stream.read(&mut chunk).await.unwrap();
            read.extend_from_slice(&chunk[..length]);
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((_, body)) = text.split_once("\r\n\r\n").filter(|(_, body)| body.ends_with('}')) {
                return body.to_owned();
            }
        }
    }

    /// Secrets Manager, which answers nobody before it was asked for as many secrets at once.
    async fn answer_all_at_once(listener: TcpListener, how_many: usize) -> Vec<String> {
        let mut asked = vec![];
        for _ in 0..how_many {
            let (mut stream, _) = listener.accept().await.unwrap();
            let body = request(&mut stream).await;
            asked.push((stream, body));
        }
        for (stream, body) in &mut asked {
            let wanted: serde_json::Value = serde_json::from_str(body).unwrap();
            let answer = serde_json::json!({ "SecretString": format!("of {}", wanted["SecretId"].as_str().unwrap()) });
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        asked.into_iter().map(|(_, body)| body).collect()
    }

    #[tokio::test]
    async fn secrets_are_read_together() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(answer_all_at_once(listener, NAMES.len()));
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("cn-north-1"))
            .credentials_provider(aws_sdk_secretsmanager::config::Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(address)
            .load()
            .await;
        let variables = NAMES.map(|name| (name.to_owned(), format!("arn-{name}")));
        let environment = Environment::of(variables.into_iter().chain([("TABLE_NAME".to_owned(), "t".to_owned())]));
        let read = Secrets::of(&sdk).read(&environment, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(serving.await.unwrap().len(), NAMES.len());
        assert_eq!(read.portal_key().unwrap(), "of arn-PORTAL_KEY_SECRET");
        assert!(read.webhook_keys().is_err(), "no variable names it");
        assert!(!format!("{read:?}").contains("of arn"));
    }
}
