//! Clients: of the embedded services, as the SDK has them, and of the gateway.

use std::net::SocketAddr;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use xinzheng_runtime::Services;
use xinzheng_template::TableAccess;

use crate::access_key::AccessKey;
use crate::calls::{Calls, LastCall, count_calls, end_at};
use crate::rights;

/// Where the embedded S3 and DynamoDB are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoints {
    pub(crate) s3: SocketAddr,
    pub(crate) dynamodb: SocketAddr,
}

/// A client of the stack, which has no certificates.
pub fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
}

/// Configuration of the SDK, which signs with the access key; what has no endpoint of its own is where event bus and queues are.
pub(crate) fn sdk_config(bus: SocketAddr, key: &AccessKey) -> SdkConfig {
    let credentials = Credentials::new(&key.id, &key.secret, None, None, "local stack");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .endpoint_url(format!("http://{bus}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .build()
}

/// What a function's clients are held to.
pub(crate) struct Held<'a> {
    pub(crate) role: &'a str,
    /// What the role may do with the table.
    pub(crate) access: TableAccess,
    /// Where its calls are counted, when they are.
    pub(crate) calls: Option<&'a Calls>,
    pub(crate) last_call: Option<&'a LastCall>,
}

/// Clients of the embedded services: of a function, counted and held to its role, or of whoever looks at what is in them.
pub(crate) fn clients(sdk: &SdkConfig, endpoints: Endpoints, of: Option<Held<'_>>) -> Services {
    let Endpoints { s3, dynamodb } = endpoints;
    let mut s3 = aws_sdk_s3::config::Builder::from(sdk).endpoint_url(format!("http://{s3}")).force_path_style(true);
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(sdk).endpoint_url(format!("http://{dynamodb}"));
    if let Some(Held { role, access, calls, last_call }) = of {
        if let Some(calls) = calls {
            s3 = s3.interceptor(count_calls(calls));
            dynamodb = dynamodb.interceptor(count_calls(calls));
        }
        if let Some(last_call) = last_call {
            s3 = s3.interceptor(end_at(last_call));
            dynamodb = dynamodb.interceptor(end_at(last_call));
        }
        dynamodb = dynamodb.interceptor(rights::hold_to(role, access));
    }
    Services {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}
