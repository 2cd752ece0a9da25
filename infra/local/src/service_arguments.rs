//! Which service a command asks, and as whom.

use clap::Args;

use crate::made_up_people::Claims;
use crate::service_client::{ServiceClient, ServiceError};

/// The variable with the token: in the environment, and not among the arguments, which everybody on the machine can see.
const TOKEN: &str = "XINZHENG_TOKEN";

/// Which service is asked. Who asks is in the environment: XINZHENG_TOKEN has an access token.
#[derive(Debug, Args)]
pub(crate) struct ServiceArguments {
    /// The service, over HTTPS or on this machine. Its access token is taken from XINZHENG_TOKEN; a local stack gives one when
    /// there is none.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl ServiceArguments {
    /// The service, asked with the token of the environment; without one, by somebody with these claims, to whom the local stack
    /// gives a token.
    pub(crate) async fn connect(&self, claims: &Claims) -> Result<ServiceClient, ServiceError> {
        ServiceClient::at(&self.url)?.signed_in(TOKEN, claims).await
    }
}
