//! Objects that were being written when the process was killed. The embedded store keeps an object's bytes in one file and its
//! checksum in another: of a writing that was broken off in between, the checksum is that of the bytes before, and nobody could
//! read the object any more. What is being written is noted beside the store; what was noted at a start is looked at.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Where the writings that are under way are noted.
#[derive(Clone, Debug)]
pub(crate) struct Writings {
    store: PathBuf,
    noted: PathBuf,
}

/// A writing that is under way; over when it is dropped.
#[derive(Debug)]
pub(crate) struct Writing(PathBuf);

impl Drop for Writing {
    fn drop(&mut self) {
        // One that stays is looked at in vain at the next start.
        let _removed = fs::remove_file(&self.0);
    }
}

impl Writings {
    /// Of the store in `store`; what was broken off is mended.
    pub(crate) fn open(store: &Path) -> io::Result<Self> {
        let noted = store.with_extension("writing");
        fs::create_dir_all(&noted)?;
        let writings = Self { store: store.to_owned(), noted };
        for entry in fs::read_dir(&writings.noted)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((bucket, key)) = fs::read_to_string(entry.path())?.split_once('/') {
                writings.mend(&name, bucket, key)?;
            }
            fs::remove_file(entry.path())?;
        }
        Ok(writings)
    }

    /// Notes that an object is being written.
    pub(crate) fn begin(&self, bucket: &str, key: &str) -> io::Result<Writing> {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        // As the store calls the file with the checksum.
        let name = format!(".bucket-{}.object-{}.internal.json", encode(bucket), encode(key));
        let note = self.noted.join(name);
        fs::write(&note, format!("{bucket}/{key}"))?;
        Ok(Writing(note))
    }

    /// Takes away a checksum that is not that of the bytes.
    fn mend(&self, name: &str, bucket: &str, key: &str) -> io::Result<()> {
        let checksums = self.store.join(name);
        let bytes = match (fs::read(&checksums), fs::read(self.store.join(bucket).join(key))) {
            (Ok(said), Ok(bytes)) => {
                let said: Map<String, Value> = serde_json::from_slice(&said).unwrap_or_default();
                // The entity tag was written with them.
                let mut sums = said.iter().filter(|(kind, sum)| *kind != "e_tag" && !sum.is_null()).peekable();
                if sums.peek().is_some() && sums.all(|(kind, sum)| is_of(kind, sum, &bytes)) {
                    return Ok(());
                }
                bytes.len()
            }
            _ => return Ok(()),
        };
        tracing::warn!(
            bytes,
            "an object was being written when the stack was killed: its checksum is not that of its bytes"
        );
        fs::remove_file(checksums)
    }
}

/// Whether a checksum is that of these bytes; of a kind that is not known it is taken not to be.
fn is_of(kind: &str, sum: &Value, bytes: &[u8]) -> bool {
    let own = match kind {
        "checksum_crc32" => STANDARD.encode(crc32fast::hash(bytes).to_be_bytes()),
        "checksum_sha256" => STANDARD.encode(Sha256::digest(bytes)),
        "checksum_type" => return true,
        _ => return false,
    };
    sum.as_str() == Some(own.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_of_other_bytes_goes_and_one_of_its_own_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("s3");
        fs::create_dir_all(store.join("log-bucket")).unwrap();
        let object = store.join("log-bucket").join("checkpoint");
        let sums = |bytes: &[u8]| {
            let sum = STANDARD.encode(crc32fast::hash(bytes).to_be_bytes());
            serde_json::json!({ "checksum_crc32": sum, "checksum_sha256": null }).to_string()
        };
        for (kept, written, stays) in [(&b"old"[..], &b"new"[..], false), (b"new", b"new", true)] {
            let writing = Writings::open(&store).unwrap().begin("log-bucket", "checkpoint").unwrap();
            let checksums = store.join(writing.0.file_name().unwrap());
            fs::write(&checksums, sums(kept)).unwrap();
            fs::write(&object, written).unwrap();
            // Killed: nothing ends the writing.
            std::mem::forget(writing);
            Writings::open(&store).unwrap();
            assert_eq!(checksums.exists(), stays);
            assert_eq!(fs::read_dir(folder.path().join("s3.writing")).unwrap().count(), 0);
        }
        drop(Writings::open(&store).unwrap().begin("log-bucket", "checkpoint").unwrap());
        assert_eq!(fs::read_dir(folder.path().join("s3.writing")).unwrap().count(), 0);
    }
}
