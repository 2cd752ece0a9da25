//! Addresses of the object store for whoever has no credentials of its own: signed by the function's, which they do not outlive.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine;
use percent_encoding::percent_decode_str;
use xinzheng_domain::file_name::disposition;

use crate::{Bucket, StoreError};

/// How long an address can be promised to be valid. Its signature ends with the session of the function's role, and nothing in a
/// function tells when that is: it lasts for as long as an invocation may.
pub const LONGEST: Duration = Duration::from_secs(900);

impl Bucket {
    /// A request by which someone without credentials can put exactly this object: its length and SHA-256 are signed,
    /// so that any other bytes are refused, and so is its metadata. Returns the address and the headers that must be sent: those
    /// that are signed, and no other. No call.
    pub async fn presigned_upload(
        &self,
        key: &str,
        bytes: i64,
        sha256: &[u8; 32],
        metadata: &[(&str, &str)],
        valid: Duration,
    ) -> Result<(String, Vec<(String, String)>), StoreError> {
        let mut put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_length(bytes)
            .checksum_sha256(base64::engine::general_purpose::STANDARD.encode(sha256));
        for (name, value) in metadata {
            put = put.metadata(*name, *value);
        }
        let request = put.presigned(lasting(valid)?).await.map_err(StoreError::service("presign"))?;
        let signed = signed_headers(request.uri());
        // Under Lambda the SDK adds a header that traces the function's own call.
        let headers = request.headers().filter(|(name, _)| signed.iter().any(|known| known == name));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok((request.uri().to_owned(), headers))
    }

    /// An address from which an object can be downloaded for `valid`, under `file_name`. No call.
    pub async fn presigned_download(&self, key: &str, file_name: &str, valid: Duration) -> Result<String, StoreError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .response_content_disposition(disposition("attachment", file_name))
            .presigned(lasting(valid)?)
            .await
            .map_err(StoreError::service("presign"))?;
        Ok(request.uri().to_owned())
    }
}

fn lasting(valid: Duration) -> Result<PresigningConfig, StoreError> {
    PresigningConfig::expires_in(valid.min(LONGEST)).map_err(StoreError::service("presign"))
}

/// The names of the headers that an address asks for.
fn signed_headers(address: &str) -> Vec<String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let named = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-SignedHeaders=")).unwrap_or_default();
    percent_decode_str(named).decode_utf8_lossy().split(';').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

    use super::*;

    const NAME: &str = "presigned::tests::only_headers_that_are_signed_are_handed_out_also_when_the_function_is_traced";

    #[tokio::test]
    async fn only_headers_that_are_signed_are_handed_out_also_when_the_function_is_traced() {
        if std::env::var_os("_X_AMZN_TRACE_ID").is_none() {
            // What Lambda sets is set for a process: this test once more.
            let mut traced = Command::new(std::env::current_exe().unwrap());
            traced.args([NAME, "--exact"]).env("AWS_LAMBDA_FUNCTION_NAME", "uploads");
            let traced = traced.env("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793").output().unwrap();
            let said = String::from_utf8_lossy(&traced.stdout).into_owned();
            assert!(traced.status.success() && said.contains("1 passed"), "{said}");
        }
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("cn-north-1"))
            .credentials_provider(Credentials::new("key", "secret", Some("session".to_owned()), None, "test"));
        let bucket = Bucket::new(aws_sdk_s3::Client::from_conf(config.build()), "uploads");
        let hour = Duration::from_secs(3600);
        let (address, headers) =
            bucket.presigned_upload("a", 3, &[7; 32], &[("confirmed", "columns")], hour).await.unwrap();
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut signed = signed_headers(&address);
        signed.retain(|name| name != "host");
        assert_eq!(names, signed);
        assert_eq!(names, ["content-length", "x-amz-checksum-sha256", "x-amz-meta-confirmed"]);
        assert!(address.contains("X-Amz-Expires=900"), "no longer than can be promised: {address}");
        let address = bucket.presigned_download("a", "b.pdf", hour).await.unwrap();
        assert!(address.contains("X-Amz-Expires=900") && address.contains("X-Amz-SignedHeaders=host&"), "{address}");
    }
}
