//! What the portal keeps in the registry: sessions that were ended before their time, and forms that were sent after it.

use jiff::Timestamp;
use xinzheng_api::Problem;
use xinzheng_store::Registry;
use xinzheng_store::sessions::LONGEST_FORM;

use crate::environment::{Environment, EnvironmentError};
use crate::services::Services;

/// The list of ended sessions: all that the portal sees of the registry.
#[derive(Clone, Debug)]
pub struct EndedSessions(Registry);

impl EndedSessions {
    /// Of the registry that `TABLE_NAME` names.
    ///
    /// # Errors
    ///
    /// When it names none.
    pub fn of(services: &Services, environment: &Environment) -> Result<Self, EnvironmentError> {
        services.registry(environment).map(Self)
    }

    /// Ends a session that would hold until `until`. One PutItem.
    ///
    /// # Errors
    ///
    /// When the registry cannot be written: the session holds still.
    pub async fn end(&self, session: &str, until: Timestamp) -> Result<(), Problem> {
        Ok(self.0.end_session(session, until).await?)
    }

    /// True when a session was ended. One GetItem.
    ///
    /// # Errors
    ///
    /// When the registry cannot be read: the session does not count meanwhile.
    pub async fn have(&self, session: &str) -> Result<bool, Problem> {
        Ok(self.0.session_has_ended(session).await?)
    }
}

/// Forms that were sent when their session was over: kept until their visitor has signed in again, encrypted by the portal.
#[derive(Clone, Debug)]
pub struct KeptForms(Registry);

impl KeptForms {
    /// Of the registry that `TABLE_NAME` names.
    ///
    /// # Errors
    ///
    /// When it names none.
    pub fn of(services: &Services, environment: &Environment) -> Result<Self, EnvironmentError> {
        services.registry(environment).map(Self)
    }

    /// Keeps a form under a name that cannot be guessed; false when it is too long. One PutItem.
    ///
    /// # Errors
    ///
    /// When the registry cannot be written.
    pub async fn keep(&self, name: &str, encrypted: &str, until: Timestamp) -> Result<bool, Problem> {
        if encrypted.len() > LONGEST_FORM {
            return Ok(false);
        }
        self.0.keep_form(name, encrypted, until).await?;
        Ok(true)
    }

    /// A form that was kept, encrypted. One GetItem.
    ///
    /// # Errors
    ///
    /// When the registry cannot be read.
    pub async fn get(&self, name: &str) -> Result<Option<String>, Problem> {
        Ok(self.0.kept_form(name).await?)
    }
}
