//! Objects: uploads, chunks, rejections, receipts, and the files of reports.

use std::collections::HashMap;

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_domain::record::upload_key::shown_key;
use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::file_version::{FileKind, FileVersion};
use xinzheng_domain::{Rendering, UploadId, VerificationCode};

use crate::batch::BatchId;
use crate::chunk_name::ChunkName;
use crate::{Bucket, StoreError};

/// The metadata of a chunk that says when its upload was stored: every position in the chunk rests on it.
pub const STORED_AT: &str = "stored-at";
/// The metadata of a chunk that names the unit or county office that sent the upload.
pub const UNIT: &str = "unit";

/// The key of a chunk: JSON lines of [`xinzheng_domain::ChunkLine`].
pub fn chunk_key(batch: &BatchId, name: ChunkName) -> String {
    format!("{}{name}.jsonl", chunks_of(batch))
}

/// What the keys of a batch's chunks begin with.
pub fn chunks_of(batch: &BatchId) -> String {
    format!("chunks/{batch}/")
}

/// The batch and chunk that a chunk's key names.
pub fn parse_chunk_key(key: &str) -> Option<(BatchId, ChunkName)> {
    let (batch, name) = key.strip_prefix("chunks/")?.strip_suffix(".jsonl")?.split_once('/')?;
    Some((BatchId::parse(batch)?, ChunkName::parse(name)?))
}

/// Where the orders to work on parts of files lie: each that is written comes back as an event.
pub const PARTS: &str = "parts/";

/// The key of the order to work on a part of a file.
pub fn part_key(batch: &BatchId, part: u32) -> String {
    format!("{PARTS}{batch}/{part:04}.json")
}

/// The batch and part that an order's key names.
pub fn parse_part_key(key: &str) -> Option<(BatchId, u32)> {
    let (batch, part) = key.strip_prefix(PARTS)?.strip_suffix(".json")?.split_once('/')?;
    Some((BatchId::parse(batch)?, part.parse().ok()?))
}

/// The key of what reading a part came to.
pub fn part_result_key(batch: &BatchId, part: u32) -> String {
    format!("results/{batch}/{part:04}.json")
}

/// The key of rejected rows as they stood in the file: JSON lines.
pub fn rejected_rows_key(batch: &BatchId, name: ChunkName) -> String {
    format!("rejections/{batch}/{name}.jsonl")
}

/// What the keys of a batch's effects begin with.
pub(crate) fn effects(batch: &BatchId) -> String {
    format!("effects/{batch}/")
}

/// The key of what the rows of a chunk came to, of those that their clerk is to see: JSON lines of
/// [`xinzheng_domain::RowEffect`].
pub(crate) fn chunk_effects_key(batch: &BatchId, name: ChunkName) -> String {
    format!("{}{name}.jsonl", effects(batch))
}

/// The key of the same of all chunks, as a table for people.
pub fn effects_key(batch: &BatchId) -> String {
    format!("{}effects.csv", effects(batch))
}

/// The key of a batch's rejections file.
pub fn rejections_key(batch: &BatchId) -> String {
    format!("rejections/{batch}/rejections.csv")
}

/// The key of a batch's rejected rows as a marked workbook.
///
/// `told`: with what the other rows came to, which is known once all of them are indexed.
pub fn marked_key(batch: &BatchId, told: bool) -> String {
    let told = if told { "-and-effects" } else { "" };
    format!("rejections/{batch}/rejections{told}.xlsx")
}

/// Where receipts lie: those of one key are beside each other.
pub const RECEIPTS: &str = "receipts/";

/// What the receipts of the files under a key begin with. The key as it is shown will do.
pub fn receipts_of(key: &str) -> String {
    format!("{RECEIPTS}{}/", UploadId::of(&shown_key(key)))
}

/// The key of the receipt of a batch, whose file lies under `key`.
pub fn receipt_key(key: &str, batch: &BatchId) -> String {
    format!("{}{batch}.json", receipts_of(key))
}

/// The batch that a receipt's key names.
pub fn parse_receipt_key(key: &str) -> Option<BatchId> {
    let (_, batch) = key.strip_prefix(RECEIPTS)?.strip_suffix(".json")?.split_once('/')?;
    BatchId::parse(batch)
}

/// The key of a report's PDF.
pub fn pdf_key(content: &ContentDigest) -> String {
    format!("reports/{content}.pdf")
}

/// The key of a version of a report's PDF. Later ones are kept by their SHA-256: of two that are made at once each stays.
pub fn version_key(content: &ContentDigest, version: &FileVersion) -> String {
    match version.kind {
        FileKind::AsIssued => pdf_key(content),
        FileKind::Completed | FileKind::Restamped => format!("reports/{content}/{}.pdf", version.sha256),
    }
}

/// The key of a report's canonical JSON.
pub fn content_key(content: &ContentDigest) -> String {
    format!("reports/{content}.json")
}

/// What is kept of a report in the metadata of its canonical JSON: by what code it goes, and how its PDF was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBeside(Vec<(&'static str, String)>);

const REPORT_CODE: &str = "code";
const VERIFICATION_URL: &str = "verification-url";
const CERTIFICATE_SHA256: &str = "certificate-sha256";
const UNSIGNED_SHA256: &str = "unsigned-sha256";
const UNSIGNED_BYTES: &str = "unsigned-bytes";

/// What is kept beside a report's canonical JSON.
pub fn kept_beside(code: &VerificationCode, rendering: &Rendering) -> KeptBeside {
    let mut kept = vec![
        (REPORT_CODE, code.compact()),
        (VERIFICATION_URL, rendering.verification_url.clone()),
        (UNSIGNED_SHA256, rendering.unsigned_digest.to_string()),
        (UNSIGNED_BYTES, rendering.unsigned_bytes.to_string()),
    ];
    kept.extend(rendering.certificate.map(|certificate| (CERTIFICATE_SHA256, certificate.to_string())));
    KeptBeside(kept)
}

impl KeptBeside {
    /// As metadata of an object.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// The code in the metadata of a report's canonical JSON.
pub fn report_code(metadata: &HashMap<String, String>) -> Option<VerificationCode> {
    VerificationCode::parse(metadata.get(REPORT_CODE)?).ok()
}

/// How a report was made, from the metadata of its canonical JSON.
pub fn rendering(metadata: &HashMap<String, String>) -> Option<Rendering> {
    let digest = metadata.get(UNSIGNED_SHA256)?;
    let certificate = match metadata.get(CERTIFICATE_SHA256) {
        Some(certificate) => Some(ContentDigest::parse(certificate)?),
        None => None,
    };
    Some(Rendering {
        verification_url: metadata.get(VERIFICATION_URL)?.clone(),
        certificate,
        unsigned_digest: ContentDigest::parse(digest)?,
        unsigned_bytes: metadata.get(UNSIGNED_BYTES)?.parse().ok()?,
    })
}

/// The key of a version of the report template.
pub fn template_key(version: &str) -> String {
    format!("config/report-template/{version}.json")
}

/// The key of copied entries of the audit: their day in China, and where the first and the last of them stand in the table's
/// stream.
pub fn audit_key(day: &str, first: &str, last: &str) -> String {
    format!("audit/{day}/{first}-{last}.jsonl")
}

/// The key of an attachment.
pub fn attachment_key(id: &AttachmentId) -> String {
    format!("attachments/{id}")
}

/// What keys of a day's copied entries of the audit begin with.
pub fn audit_day(day: Date) -> String {
    format!("audit/{day}/")
}

/// An order to take in a file again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redrive {
    /// The file as a listing has it.
    Stored(StoredFile),
    /// The file that a receipt tells of, as it was taken in first: the receipt's key.
    Received(String),
}

impl Redrive {
    /// The key of the order for a batch.
    pub fn key(batch: &BatchId) -> String {
        format!("{PARTS}{batch}/upload.json")
    }

    /// True when a key is one of such an order.
    pub fn is_key(key: &str) -> bool {
        key.starts_with(PARTS) && key.ends_with("/upload.json")
    }
}

/// A file as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its key.
    pub key: String,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was stored.
    pub at: Timestamp,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Files in the order of their keys.
    pub files: Vec<StoredFile>,
    /// The key to go on behind; `None` on the last page.
    pub next: Option<String>,
}

/// A stored object.
#[derive(Clone, Debug)]
pub struct StoredObject {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its user metadata, by name.
    pub metadata: HashMap<String, String>,
}

/// The metadata of an upload in which its clerk says that it is right although it looks otherwise.
pub const CONFIRMED: &str = "confirmed";

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

    /// Writes an object unless there is one; `true` when it was written. One PutObject.
    pub async fn put_once(&self, key: &str, content_type: &str, bytes: impl Into<Bytes>) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .if_none_match("*")
            .body(ByteStream::from(bytes.into()));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 412) => Ok(false),
            Err(error) => Err(StoreError::service("PutObject")(error)),
        }
    }

    /// Begins an object that is written piece by piece.
    pub fn writer(&self, key: &str, content_type: &str) -> ObjectWriter {
        ObjectWriter {
            bucket: self.clone(),
            key: key.to_owned(),
            content_type: content_type.to_owned(),
            buffer: vec![],
            upload: None,
            parts: vec![],
        }
    }

    /// The first bytes of an object. One GetObject.
    pub async fn head(&self, key: &str, bytes: usize) -> Result<Bytes, StoreError> {
        let range = format!("bytes=0-{}", bytes.saturating_sub(1));
        let found = self.client.get_object().bucket(&self.name).key(key).range(range).send().await;
        let found = found.map_err(|error| match error.into_service_error() {
            GetObjectError::NoSuchKey(_) => StoreError::NoObject(key.to_owned()),
            error => StoreError::service("GetObject")(error),
        })?;
        Ok(found.body.collect().await.map_err(StoreError::service("GetObject"))?.into_bytes())
    }

    /// A page of at most a thousand objects whose keys begin with `prefix`, behind `after` when it is given. One
    /// ListObjectsV2; a HeadObject for each object that the server lists without its entity tag.
    pub async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Listing, StoreError> {
        let page = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .send()
            .await
            .map_err(StoreError::service("ListObjectsV2"))?;
        let mut files = vec![];
        for object in page.contents() {
            let read = || -> Option<StoredFile> {
                let at = object.last_modified()?;
                Some(StoredFile {
                    key: object.key()?.to_owned(),
                    etag: object.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
                    size: u64::try_from(object.size()?).ok()?,
                    at: Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?,
                })
            };
            let Some(mut file) = read() else { continue };
            if file.etag.is_empty() {
                // Not every server lists entity tags.
                let head = self.client.head_object().bucket(&self.name).key(&file.key).send().await;
                let head = head.map_err(StoreError::service("HeadObject"))?;
                file.etag = head.e_tag().unwrap_or_default().trim_matches('"').to_owned();
            }
            files.push(file);
        }
        let next = (page.is_truncated() == Some(true)).then(|| files.last().map(|file| file.key.clone())).flatten();
        Ok(Listing { files, next })
    }

    /// True when an object is there. One HeadObject.
    pub async fn has(&self, key: &str) -> Result<bool, StoreError> {
        let found = self.client.head_object().bucket(&self.name).key(key).send().await;
        match found.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(HeadObjectError::NotFound(_)) => Ok(false),
            Err(error) => Err(StoreError::service("HeadObject")(error)),
        }
    }

    /// The user metadata of an object; `None` when there is no such object. One HeadObject.
    pub async fn metadata(&self, key: &str) -> Result<Option<HashMap<String, String>>, StoreError> {
        let found = self.client.head_object().bucket(&self.name).key(key).send().await;
        match found.map_err(|error| error.into_service_error()) {
            Ok(found) => Ok(Some(found.metadata.unwrap_or_default())),
            Err(HeadObjectError::NotFound(_)) => Ok(None),
            Err(error) => Err(StoreError::service("HeadObject")(error)),
        }
    }
}

/// The size of the pieces in which a long object is written; S3 takes none below 5 MiB but the last.
const PIECE: usize = 8 << 20;

/// An object that is written piece by piece: one PutObject when it is short, else a multipart upload. It comes to be
/// when it is finished, and not before.
pub struct ObjectWriter {
    bucket: Bucket,
    key: String,
    content_type: String,
    buffer: Vec<u8>,
    upload: Option<String>,
    parts: Vec<CompletedPart>,
}

impl ObjectWriter {
    /// Adds bytes. At most one UploadPart for each [`PIECE`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() >= PIECE {
            let rest = self.buffer.split_off(PIECE);
            let piece = std::mem::replace(&mut self.buffer, rest);
            self.send(piece).await?;
        }
        Ok(())
    }

    /// Finishes the object.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        if self.upload.is_none() {
            return self.bucket.put(&self.key, &self.content_type, self.buffer, &[]).await;
        }
        if !self.buffer.is_empty() {
            let piece = std::mem::take(&mut self.buffer);
            self.send(piece).await?;
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        self.bucket
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .set_upload_id(self.upload)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(StoreError::service("CompleteMultipartUpload"))?;
        Ok(())
    }

    async fn send(&mut self, piece: Vec<u8>) -> Result<(), StoreError> {
        let (client, bucket) = (&self.bucket.client, &self.bucket.name);
        if self.upload.is_none() {
            let begun = client
                .create_multipart_upload()
                .bucket(bucket)
                .key(&self.key)
                .content_type(&self.content_type)
                .send()
                .await
                .map_err(StoreError::service("CreateMultipartUpload"))?;
            self.upload = begun.upload_id;
        }
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let sent = client
            .upload_part()
            .bucket(bucket)
            .key(&self.key)
            .set_upload_id(self.upload.clone())
            .part_number(number)
            .body(ByteStream::from(piece))
            .send()
            .await
            .map_err(StoreError::service("UploadPart"))?;
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_keys_parse_as_they_are_made() {
        let batch = BatchId::of("uploads/a", "\"etag\"");
        assert_eq!(batch, BatchId::of("uploads/a", "etag"), "quotes of an entity tag do not matter");
        let name = ChunkName { part: 3, number: 7 };
        assert_eq!(parse_chunk_key(&chunk_key(&batch, name)), Some((batch.clone(), name)));
        assert_eq!(parse_part_key(&part_key(&batch, 12)), Some((batch.clone(), 12)));
        for key in
            ["chunks/x/0-1.jsonl", "chunks/00000000000000000000000000000000/1.jsonl", "chunks/", "receipts/1.json"]
        {
            assert_eq!(parse_chunk_key(key), None, "{key}");
        }
        assert_eq!(parse_receipt_key(&receipt_key("uploads/a", &batch)), Some(batch));
        assert_eq!(parse_receipt_key("receipts/1.json"), None);
    }
}
