//! Files as they were stored: what is read of one is read of this one, whatever is stored under its key meanwhile.

use std::collections::HashMap;
use std::io;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use xinzheng_domain::sha256::hexadecimal;

use crate::{Bucket, StoreError};

/// Which of the files that were stored under a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVersion {
    /// The version's id; `None` where it is not known, or where the bucket keeps no versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its entity tag, without quotes.
    pub etag: String,
}

/// A stored file as it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHead {
    /// The version, by its id when the bucket keeps versions.
    pub version: StoredVersion,
    /// The checksum that the object store keeps of the whole content; `None` when it keeps none, and for a file of parts.
    pub checksum: Option<String>,
    /// The SHA-256, hexadecimal, when that is the checksum.
    pub sha256: Option<String>,
}

impl Bucket {
    /// Looks at a stored file. One HeadObject. [`StoreError::VersionGone`] when there is no such version, or when another file is
    /// there and the version's id is not known.
    pub async fn look_at(&self, key: &str, version: &StoredVersion) -> Result<StoredHead, StoreError> {
        let head = self
            .client
            .head_object()
            .bucket(&self.name)
            .key(key)
            .set_version_id(version.id.clone())
            .if_match(quoted(&version.etag))
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| gone_or("HeadObject", error))?;
        let whole = |checksum: Option<&str>| checksum.filter(|text| !text.contains('-')).map(str::to_owned);
        let sha256 = whole(head.checksum_sha256());
        let bytes = |checksum: &String| base64::engine::general_purpose::STANDARD.decode(checksum).ok();
        Ok(StoredHead {
            version: StoredVersion {
                // Of a file from before the bucket kept versions it is `null`, and another may take its place.
                id: head.version_id().filter(|id| *id != "null").map(str::to_owned).or_else(|| version.id.clone()),
                etag: version.etag.clone(),
            },
            sha256: sha256.as_ref().and_then(bytes).map(|bytes| hexadecimal(&bytes)),
            checksum: sha256.or_else(|| whole(head.checksum_crc64_nvme())).or_else(|| whole(head.checksum_sha1())),
        })
    }

    /// Finds a version of which no more than the entity tag may be known, and which need not be the newest; `None` when it is
    /// gone. One ListObjectVersions for each thousand versions of the key.
    pub async fn find_version(&self, key: &str, wanted: &StoredVersion) -> Result<Option<StoredVersion>, StoreError> {
        let is_wanted =
            |known: &StoredVersion| known.etag == wanted.etag && (wanted.id.is_none() || wanted.id == known.id);
        let found = self.versions(key, is_wanted).await?;
        Ok(found.into_iter().find(is_wanted))
    }

    /// The versions of a key, the newest first. One ListObjectVersions for each thousand.
    pub async fn versions_of(&self, key: &str) -> Result<Vec<StoredVersion>, StoreError> {
        self.versions(key, |_| false).await
    }

    /// The versions of a key up to the page with the first that is enough.
    async fn versions(
        &self,
        key: &str,
        is_enough: impl Fn(&StoredVersion) -> bool,
    ) -> Result<Vec<StoredVersion>, StoreError> {
        let mut found = vec![];
        let (mut key_marker, mut version_marker) = (None::<String>, None::<String>);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(&self.name)
                .prefix(key)
                .set_key_marker(key_marker)
                .set_version_id_marker(version_marker)
                .send()
                .await
                .map_err(StoreError::service("ListObjectVersions"))?;
            for known in page.versions().iter().filter(|known| known.key() == Some(key)) {
                let etag = known.e_tag().unwrap_or_default().trim_matches('"');
                let id = known.version_id().filter(|id| *id != "null");
                found.push(StoredVersion { id: id.map(str::to_owned), etag: etag.to_owned() });
            }
            // Keys come in their order: behind the key itself are those that it begins.
            let is_last = page.is_truncated() != Some(true) || page.next_key_marker() != Some(key);
            if is_last || found.iter().any(&is_enough) {
                return Ok(found);
            }
            (key_marker, version_marker) = (page.next_key_marker.clone(), page.next_version_id_marker.clone());
        }
    }

    /// Opens a stored file for reading on a thread that may block, whole or from one byte up to another. One GetObject.
    /// [`StoreError::VersionGone`] as [`Bucket::look_at`].
    pub async fn open(
        &self,
        key: &str,
        version: &StoredVersion,
        range: Option<(u64, u64)>,
    ) -> Result<ObjectReader, StoreError> {
        let range = range.map(|(start, end)| format!("bytes={start}-{}", end.saturating_sub(1)));
        let object = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .set_version_id(version.id.clone())
            .if_match(quoted(&version.etag))
            .set_range(range)
            .send()
            .await
            .map_err(|error| gone_or("GetObject", error))?;
        let metadata = object.metadata.unwrap_or_default();
        Ok(ObjectReader { metadata, stream: object.body, current: Bytes::new(), runtime: Handle::current() })
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// Whether an object is gone, or the service failed. 405 is what is said of a version that marks a deletion, 412 of another
/// entity tag.
fn gone_or<E>(operation: &'static str, error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (status, error.code()) {
        (Some(404), Some("NoSuchBucket")) => StoreError::service(operation)(error),
        (Some(404 | 405 | 412), _) => StoreError::VersionGone,
        _ => StoreError::service(operation)(error),
    }
}

/// An object that is read as it arrives, on a thread that may block: never on one of the runtime's own.
pub struct ObjectReader {
    /// The object's user metadata, by name.
    pub metadata: HashMap<String, String>,
    stream: ByteStream,
    current: Bytes,
    runtime: Handle,
}

impl io::Read for ObjectReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.runtime.block_on(self.stream.try_next()) {
                Ok(Some(bytes)) => self.current = bytes,
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        let given = self.current.split_to(self.current.len().min(to.len()));
        to.iter_mut().zip(&given).for_each(|(to, from)| *to = *from);
        Ok(given.len())
    }
}
