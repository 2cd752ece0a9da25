//! Objects: uploads, chunks, rejections, receipts, and the files of reports.

use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use xinzheng_domain::report::ContentDigest;

use crate::batch::BatchId;
use crate::{Bucket, StoreError};

/// The metadata of a chunk that says when its upload was stored: every position in the chunk rests on it.
pub const STORED_AT: &str = "stored-at";

/// The key of a chunk: JSON lines of [`xinzheng_domain::ChunkLine`].
pub fn chunk_key(batch: &BatchId, number: u32) -> String {
    format!("chunks/{batch}/{number:06}.jsonl")
}

/// The batch and number that a chunk's key names.
pub fn parse_chunk_key(key: &str) -> Option<(BatchId, u32)> {
    let (batch, number) = key.strip_prefix("chunks/")?.strip_suffix(".jsonl")?.split_once('/')?;
    Some((BatchId::parse(batch)?, number.parse().ok()?))
}

/// The key of a batch's rejections file.
pub fn rejections_key(batch: &BatchId) -> String {
    format!("rejections/{batch}/rejections.csv")
}

/// The key of a batch's receipt.
pub fn receipt_key(batch: &BatchId) -> String {
    format!("receipts/{batch}.json")
}

/// The key of a report's PDF.
pub fn pdf_key(content: &ContentDigest) -> String {
    format!("reports/{content}.pdf")
}

/// The key of a report's canonical JSON.
pub fn content_key(content: &ContentDigest) -> String {
    format!("reports/{content}.json")
}

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its user metadata, by name.
    pub metadata: std::collections::HashMap<String, String>,
}

impl Bucket {
    /// Reads an object whole. One GetObject.
    pub async fn get(&self, key: &str) -> Result<StoredObject, StoreError> {
        let found = self.client.get_object().bucket(&self.name).key(key).send().await;
        let object = match found.map_err(|error| error.into_service_error()) {
            Ok(object) => object,
            Err(GetObjectError::NoSuchKey(_)) => return Err(StoreError::NoObject(key.to_owned())),
            Err(error) => return Err(StoreError::service("GetObject")(error)),
        };
        let metadata = object.metadata.unwrap_or_default();
        let bytes = object.body.collect().await.map_err(StoreError::service("GetObject"))?.into_bytes();
        Ok(StoredObject { bytes, metadata })
    }

    /// Writes an object, with metadata. One PutObject.
    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        bytes: impl Into<Bytes>,
        metadata: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let mut put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(bytes.into()));
        for (name, value) in metadata {
            put = put.metadata(*name, *value);
        }
        put.send().await.map_err(StoreError::service("PutObject"))?;
        Ok(())
    }

    /// An address from which an object can be downloaded for `valid`, under `file_name`. No call.
    pub async fn presigned_download(&self, key: &str, file_name: &str, valid: Duration) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(StoreError::service("presign"))?;
        let request = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .response_content_disposition(format!("attachment; filename=\"{file_name}\""))
            .presigned(config)
            .await
            .map_err(StoreError::service("presign"))?;
        Ok(request.uri().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_keys_parse_as_they_are_made() {
        let batch = BatchId::of("uploads/a", "\"etag\"");
        assert_eq!(batch, BatchId::of("uploads/a", "etag"), "quotes of an entity tag do not matter");
        assert_eq!(parse_chunk_key(&chunk_key(&batch, 7)), Some((batch, 7)));
        for key in ["chunks/x/1.jsonl", "chunks/", "receipts/1.json"] {
            assert_eq!(parse_chunk_key(key), None, "{key}");
        }
    }
}
