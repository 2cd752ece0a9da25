//! Clients of the AWS services, made once a process.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use xinzheng_store::{Bucket, Registry};

use crate::environment::{Environment, EnvironmentError};

/// The clients that functions use. The SDK's own variables (`AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3`) choose
/// other endpoints.
#[derive(Clone, Debug)]
pub struct Services {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
}

/// How long one try of a call may take, and how long all tries of it: less than a request has.
const TRY: Duration = Duration::from_secs(8);
const CALL: Duration = Duration::from_secs(25);

/// The SDK's configuration from the process's environment. Every call has a time limit.
pub async fn sdk_config() -> SdkConfig {
    let limits = TimeoutConfig::builder().operation_attempt_timeout(TRY).operation_timeout(CALL);
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(limits.build());
    match xinzheng_roots::aws_client() {
        Ok(client) => loader = loader.http_client(client),
        // Then the SDK makes its own.
        Err(error) => tracing::error!(%error, "the clients of AWS read the system's certificates"),
    }
    loader.load().await
}

impl Services {
    /// Clients of this configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self { dynamodb: aws_sdk_dynamodb::Client::new(config), s3: aws_sdk_s3::Client::new(config) }
    }

    /// The registry that `TABLE_NAME` names.
    pub fn registry(&self, environment: &Environment) -> Result<Registry, EnvironmentError> {
        Ok(Registry::new(self.dynamodb.clone(), environment.text("TABLE_NAME")?))
    }

    /// The bucket that a variable names.
    pub fn bucket(&self, environment: &Environment, variable: &str) -> Result<Bucket, EnvironmentError> {
        Ok(Bucket::new(self.s3.clone(), environment.text(variable)?))
    }
}
