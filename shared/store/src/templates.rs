//! Report templates: their texts as objects, their list and the active one in the registry.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use xinzheng_domain::report::ContentDigest;

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put};
use crate::{Bucket, Registry, StoreError, objects};

/// What became of a template that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It is filed.
    New,
    /// It was there with the same text.
    Same,
    /// Its version was there with another text.
    Other,
}

/// A version of the report template in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemplateVersion {
    /// The version.
    pub version: String,
    /// SHA-256 of its text.
    pub sha256: String,
    /// When it was put.
    pub at: String,
    /// Who put it.
    pub by: String,
}

impl Registry {
    /// The active version; `None` when none was ever activated. One GetItem.
    pub async fn active_template(&self) -> Result<Option<String>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::TEMPLATES))
            .key(SK, keys::text(keys::ACTIVE))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        Ok(found.item.as_ref().map(|item| text(item.get("version"))))
    }

    /// A version's text. One GetObject.
    pub async fn template(&self, bucket: &Bucket, version: &str) -> Result<String, StoreError> {
        let object = bucket.get(&objects::template_key(version)).await?;
        String::from_utf8(object.bytes.to_vec()).map_err(|_| StoreError::Damaged {
            what: "a report template".to_owned(),
            why: "it is not UTF-8".to_owned(),
        })
    }

    /// Files a version, once. One PutObject that does nothing when the version is there, and one TransactWriteItems with
    /// the list and the platform's audit.
    pub async fn put_template(
        &self,
        bucket: &Bucket,
        version: &str,
        json: &str,
        by: &Actor,
        at: Timestamp,
    ) -> Result<Filed, StoreError> {
        let key = objects::template_key(version);
        let is_new = bucket.put_once(&key, "application/json", json.to_owned().into_bytes()).await?;
        if !is_new && bucket.get(&key).await?.bytes != json.as_bytes() {
            return Ok(Filed::Other);
        }
        let listed = Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(keys::TEMPLATES))
            .item(SK, keys::text(keys::template_version(version)))
            .item("version", keys::text(version))
            .item("sha256", keys::text(ContentDigest::of(json.as_bytes()).to_string()))
            .item("put_at", keys::text(keys::instant(at)))
            .item("put_by", keys::text(&by.name))
            .condition_expression("attribute_not_exists(pk)");
        // A crash between object and list is mended by putting the same text again.
        match self.configure(listed, at, "template.put", version, by).await? {
            true => Ok(Filed::New),
            false => Ok(Filed::Same),
        }
    }

    /// A page of the versions in the order of their names; behind `after` when it is given. Returns the key to go on with.
    /// One Query.
    pub async fn templates(
        &self,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<TemplateVersion>, Option<String>), StoreError> {
        let (items, next) = self.listed(keys::TEMPLATES, &keys::template_version(""), after, most, true).await?;
        let version = |item: &std::collections::HashMap<String, AttributeValue>| TemplateVersion {
            version: text(item.get("version")),
            sha256: text(item.get("sha256")),
            at: text(item.get("put_at")),
            by: text(item.get("put_by")),
        };
        Ok((items.iter().map(version).collect(), next))
    }

    /// Makes a version the one of new reports; `false` when `previous` is not the active one any more. One
    /// TransactWriteItems, with the platform's audit.
    pub async fn activate_template(
        &self,
        version: &str,
        previous: Option<&str>,
        by: &Actor,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let active = Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(keys::TEMPLATES))
            .item(SK, keys::text(keys::ACTIVE))
            .item("version", keys::text(version));
        let active = match previous {
            None => active.condition_expression("attribute_not_exists(pk)"),
            Some(previous) => active
                .condition_expression("version = :previous")
                .expression_attribute_values(":previous", keys::text(previous)),
        };
        self.configure(active, at, "template.activated", version, by).await
    }

    /// Writes an item of configuration with its audit; `false` when the item's condition does not hold.
    async fn configure(
        &self,
        item: aws_sdk_dynamodb::types::builders::PutBuilder,
        at: Timestamp,
        action: &str,
        object: &str,
        by: &Actor,
    ) -> Result<bool, StoreError> {
        let mut writes = vec![put(item)?];
        writes.extend(self.entries(None, by, &Step::new(at, action, object).event(json!({ "version": object })))?);
        Ok(self.transact(writes).await? == Stepped::Done)
    }
}

fn text(value: Option<&AttributeValue>) -> String {
    value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
