//! Secrets, fetched once at start from Secrets Manager.

use std::collections::BTreeMap;
use std::fmt;

use aws_config::SdkConfig;
use xinzheng_domain::AddressKey;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::report::verification_code::CodeKeys;
use xinzheng_tlog::LogSigner;

use crate::answer_keys::AnswerKeys;
use crate::environment::{Environment, EnvironmentError};

/// Where a function's secrets come from.
#[derive(Clone)]
pub enum Secrets {
    /// Secrets Manager: a variable holds the secret's ARN.
    SecretsManager(aws_sdk_secretsmanager::Client),
    /// The secrets themselves by the variable that would name them, for a stack without Secrets Manager.
    Given(BTreeMap<String, String>),
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// Secrets Manager under this configuration.
    pub fn of(config: &SdkConfig) -> Self {
        Self::SecretsManager(aws_sdk_secretsmanager::Client::new(config))
    }

    async fn get(&self, environment: &Environment, variable: &str) -> Result<String, EnvironmentError> {
        let wrong = |why: String| EnvironmentError::Secret { name: variable.to_owned(), why };
        match self {
            Self::Given(secrets) => secrets.get(variable).cloned().ok_or_else(|| wrong("not given".to_owned())),
            Self::SecretsManager(client) => {
                let found = client.get_secret_value().secret_id(environment.text(variable)?).send().await;
                let found = found.map_err(|error| wrong(error.into_service_error().to_string()))?;
                found.secret_string.ok_or_else(|| wrong("it is not text".to_owned()))
            }
        }
    }

    /// The key under which identity numbers become subject ids; `PERSON_KEY_SECRET` names it.
    pub async fn person_key(&self, environment: &Environment) -> Result<PersonKey, EnvironmentError> {
        self.get(environment, "PERSON_KEY_SECRET").await.map(PersonKey::new)
    }

    /// The key under which network addresses become marks; `ADDRESS_KEY_SECRET` names it.
    pub async fn address_key(&self, environment: &Environment) -> Result<AddressKey, EnvironmentError> {
        self.get(environment, "ADDRESS_KEY_SECRET").await.map(AddressKey::new)
    }

    /// The key under which the portal encrypts sessions; `PORTAL_KEY_SECRET` names it.
    pub async fn portal_key(&self, environment: &Environment) -> Result<String, EnvironmentError> {
        self.get(environment, "PORTAL_KEY_SECRET").await
    }

    /// Who signs reports: certificates and key, as JSON; `SIGNING_SECRET` names it.
    pub async fn signing_configuration(&self, environment: &Environment) -> Result<String, EnvironmentError> {
        self.get(environment, "SIGNING_SECRET").await
    }

    /// The keys that answers are signed by; `ANSWER_KEYS_SECRET` names them.
    pub async fn answer_keys(&self, environment: &Environment) -> Result<AnswerKeys, EnvironmentError> {
        let json = self.get(environment, "ANSWER_KEYS_SECRET").await?;
        AnswerKeys::parse(&json)
            .map_err(|error| EnvironmentError::Secret { name: "ANSWER_KEYS_SECRET".to_owned(), why: error.to_string() })
    }

    /// Who signs checkpoints of the public log; `LOG_KEY_SECRET` names the secret of which its key is made, `LOG_ORIGIN` says what
    /// the log is called.
    pub async fn log_signer(&self, environment: &Environment) -> Result<LogSigner, EnvironmentError> {
        let secret = self.get(environment, "LOG_KEY_SECRET").await?;
        LogSigner::of(environment.text("LOG_ORIGIN")?, secret.as_bytes())
            .map_err(|error| EnvironmentError::Secret { name: "LOG_KEY_SECRET".to_owned(), why: error.to_string() })
    }

    /// The secrets that those of webhooks are made of, as JSON; `WEBHOOK_KEYS_SECRET` names them.
    pub async fn webhook_keys(&self, environment: &Environment) -> Result<String, EnvironmentError> {
        self.get(environment, "WEBHOOK_KEYS_SECRET").await
    }

    /// The keys of verification codes; `CODE_KEYS_SECRET` names them.
    pub async fn code_keys(&self, environment: &Environment) -> Result<CodeKeys, EnvironmentError> {
        let json = self.get(environment, "CODE_KEYS_SECRET").await?;
        CodeKeys::parse(&json)
            .map_err(|error| EnvironmentError::Secret { name: "CODE_KEYS_SECRET".to_owned(), why: error.to_string() })
    }
}
