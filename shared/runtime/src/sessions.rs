//! Sessions of the portal that were ended before their time.

use jiff::Timestamp;
use xinzheng_api::Problem;
use xinzheng_store::Registry;

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
