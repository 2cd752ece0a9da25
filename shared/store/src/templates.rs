//! Report templates: their texts as objects, their list and the active one in the registry.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::report::ContentDigest;
use xinzheng_tlog::Fact;

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::table::{Committed, Cursor, Page, Put, is, nothing_there, text};
use crate::{Bucket, Registry, StoreError, keys, objects};

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

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// The version is there, or another one is active.
    Other,
    /// It is noted already.
    Noted,
}

/// The attribute that holds the name of a version.
const VERSION: &str = "version";

impl Registry {
    /// The active version; `None` when none was ever activated. One GetItem.
    pub async fn active_template(&self) -> Result<Option<String>, StoreError> {
        let active = self.get(keys::active_template()).item().await?;
        Ok(active.map(|item| item.text(VERSION).unwrap_or_default().to_owned()))
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
        let listed = Put::new_at(&keys::template_version(version))
            .text(VERSION, version)
            .text("sha256", ContentDigest::of(json.as_bytes()).to_string())
            .instant("put_at", at)
            .text("put_by", &by.name);
        // A crash between object and list is mended by putting the same text again.
        match self.configure(listed, at, Action::TemplatePut, version, by, None).await? {
            true => Ok(Filed::New),
            false => Ok(Filed::Same),
        }
    }

    /// A page of the versions in the order of their names; behind `cursor` when it is given. One Query.
    pub async fn templates(&self, cursor: Option<&Cursor>, most: i32) -> Result<Page<TemplateVersion>, StoreError> {
        let page = self.query(keys::template_versions()).page(cursor, most).await?;
        Ok(page.map(|item| {
            let text = |name: &str| item.text(name).unwrap_or_default().to_owned();
            TemplateVersion { version: text(VERSION), sha256: text("sha256"), at: text("put_at"), by: text("put_by") }
        }))
    }

    /// Makes a version the one of new reports; `false` when `previous` is not the active one any more. One
    /// TransactWriteItems, with the platform's audit and an entry for the public log.
    pub async fn activate_template(
        &self,
        version: &str,
        previous: Option<&str>,
        by: &Actor,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let active = Put::at(&keys::active_template()).text(VERSION, version).when(match previous {
            None => nothing_there(),
            Some(previous) => is(VERSION, text(previous)),
        });
        let fact = Fact::TemplateActivated { version: version.to_owned(), at };
        self.configure(active, at, Action::TemplateActivated, version, by, Some(Self::to_be_logged(&fact, None)?)).await
    }

    /// Writes an item of configuration with its audit; `false` when the item's condition does not hold.
    async fn configure(
        &self,
        item: Put,
        at: Timestamp,
        action: Action,
        object: &str,
        by: &Actor,
        logged: Option<Put>,
    ) -> Result<bool, StoreError> {
        let step = Step::new(at, action, object).event(json!({ "version": object }));
        let transaction = self.transaction().put_when(Failed::Other, item).put_all(logged);
        let transaction =
            transaction.put_all_when(Failed::Noted, self.entries(None, by, &step)).answers(kept_answer(by));
        Ok(transaction.commit_or_overtaken().await? == Committed::Done)
    }
}
