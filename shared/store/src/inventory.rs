//! An inventory of a bucket (Amazon S3 Inventory, CSV): what there was in it on a day, so that nobody has to list it.
//!
//! It lies at `<prefix>/<time>/manifest.json`, which names compressed files of rows and their columns.

use std::io::Read;

use flate2::read::GzDecoder;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::objects::StoredFile;
use crate::{Bucket, StoreError};

/// What an inventory consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The key of its manifest.
    pub manifest: String,
    /// The keys of its files.
    pub files: Vec<String>,
    columns: Columns,
}

/// Where in a row what stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    key: usize,
    size: usize,
    at: usize,
    etag: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

#[derive(Deserialize)]
struct DataFile {
    key: String,
}

fn damaged(why: impl ToString) -> StoreError {
    StoreError::Damaged { what: "an inventory".to_owned(), why: why.to_string() }
}

impl Columns {
    /// From the manifest's `Bucket, Key, Size, LastModifiedDate, ETag`.
    fn of(schema: &str) -> Result<Self, StoreError> {
        let place = |name: &str| {
            schema
                .split(',')
                .position(|column| column.trim() == name)
                .ok_or_else(|| damaged(format!("it lacks {name}")))
        };
        Ok(Self { key: place("Key")?, size: place("Size")?, at: place("LastModifiedDate")?, etag: place("ETag")? })
    }

    /// A row; keys are written as in addresses.
    fn read(self, row: &csv::StringRecord) -> Option<StoredFile> {
        let key = row.get(self.key)?.replace('+', " ");
        Some(StoredFile {
            key: percent_decode_str(&key).decode_utf8().ok()?.into_owned(),
            etag: row.get(self.etag)?.trim_matches('"').to_owned(),
            size: row.get(self.size)?.parse().ok()?,
            at: row.get(self.at)?.parse().ok()?,
        })
    }
}

impl Bucket {
    /// The newest complete inventory under `prefix`. A ListObjectsV2 for each thousand objects there, and a GetObject.
    pub async fn newest_inventory(&self, prefix: &str) -> Result<Option<Inventory>, StoreError> {
        let (mut newest, mut after): (Option<(Timestamp, String)>, Option<String>) = (None, None);
        loop {
            let page = self.list(&format!("{}/", prefix.trim_end_matches('/')), after.as_deref()).await?;
            let manifests = page.files.into_iter().filter(|file| file.key.ends_with("/manifest.json"));
            newest = manifests.map(|file| (file.at, file.key)).chain(newest).max();
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        match newest {
            Some((_, manifest)) => self.inventory(&manifest).await.map(Some),
            None => Ok(None),
        }
    }

    /// The inventory with this manifest. One GetObject.
    pub async fn inventory(&self, manifest: &str) -> Result<Inventory, StoreError> {
        let object = self.get(manifest).await?;
        let Manifest { file_format, file_schema, files } = serde_json::from_slice(&object.bytes).map_err(damaged)?;
        if file_format != "CSV" {
            return Err(damaged(format!("its format is {file_format}, not CSV")));
        }
        let files = files.into_iter().map(|file| file.key).collect();
        Ok(Inventory { manifest: manifest.to_owned(), files, columns: Columns::of(&file_schema)? })
    }

    /// The rows of a file of an inventory. One GetObject.
    pub async fn inventory_file(&self, inventory: &Inventory, key: &str) -> Result<Vec<StoredFile>, StoreError> {
        let object = self.get(key).await?;
        let mut text = vec![];
        GzDecoder::new(object.bytes.as_ref()).read_to_end(&mut text).map_err(damaged)?;
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
        rows.records()
            .map(|row| {
                let row = row.map_err(damaged)?;
                inventory.columns.read(&row).ok_or_else(|| damaged("a row cannot be read"))
            })
            .collect()
    }
}
