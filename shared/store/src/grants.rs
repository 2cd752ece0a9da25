//! Grants.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use jiff::Timestamp;
use xinzheng_domain::grant::{Grant, StandingGrant};
use xinzheng_domain::{SubjectId, VerificationCode};

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::{Registry, StoreError};

impl Registry {
    /// Files a grant. One TransactWriteItems, with the subject's list and audit.
    pub async fn give_grant(&self, grant: &Grant, actor: &Actor) -> Result<(), StoreError> {
        let body = serde_json::to_string(grant).map_err(StoreError::damaged("a grant"))?;
        let code = grant.code.compact();
        let case = self
            .put_of(&keys::grant(&grant.code), keys::META)
            .item("body", keys::text(body))
            .item("used", keys::count(0))
            .condition_expression("attribute_not_exists(pk)");
        let listed = self
            .put_of(&keys::subject(&grant.subject), &keys::listed_grant(grant.given_at, &grant.code))
            .item("code", keys::text(&code));
        let object = ending(&grant.code);
        let step = Step::new(grant.given_at, "grant.given", &object).purpose(&grant.grantee.name);
        let mut writes = vec![put(case)?, put(listed)?];
        writes.extend(self.entries(Some(&grant.subject), actor, &step)?);
        self.transact(writes).await?;
        Ok(())
    }

    /// A grant with what has become of it. One GetItem.
    pub async fn grant(&self, code: &VerificationCode) -> Result<Option<StandingGrant>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::grant(code)))
            .key(SK, keys::text(keys::META))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.as_ref().map(standing).transpose()
    }

    /// A page of a subject's grants, newest first; behind `after` when it is given. Returns the key to go on with. One
    /// Query, and a GetItem for each.
    pub async fn grants_of(
        &self,
        subject: &SubjectId,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<StandingGrant>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::subject(subject), keys::GRANTS, after, most, false).await?;
        let mut grants = vec![];
        for item in &items {
            if let Ok(code) = VerificationCode::parse(&text(item, "code")) {
                grants.extend(self.grant(&code).await?);
            }
        }
        Ok((grants, next))
    }

    /// Revokes a grant; `false` when it was revoked before. One TransactWriteItems, with the subject's audit.
    pub async fn revoke_grant(&self, grant: &Grant, actor: &Actor, at: Timestamp) -> Result<bool, StoreError> {
        let revoked = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::grant(&grant.code)))
            .key(SK, keys::text(keys::META))
            .update_expression("SET revoked_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":at", keys::text(keys::instant(at)));
        let object = ending(&grant.code);
        let mut writes = vec![update(revoked)?];
        writes.extend(self.entries(Some(&grant.subject), actor, &Step::new(at, "grant.revoked", &object))?);
        Ok(self.transact(writes).await? == Stepped::Done)
    }
}

/// What a log tells of a grant's code: enough for its subject to know which one, too little to use it.
pub fn ending(code: &VerificationCode) -> String {
    let code = code.compact();
    format!("…{}", code.get(code.len().saturating_sub(4)..).unwrap_or_default())
}

fn text(item: &HashMap<String, AttributeValue>, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

fn standing(item: &HashMap<String, AttributeValue>) -> Result<StandingGrant, StoreError> {
    let damaged = |why: &str| StoreError::Damaged { what: "a grant".to_owned(), why: why.to_owned() };
    let revoked_at = match text(item, "revoked_at") {
        none if none.is_empty() => None,
        at => Some(at.parse().map_err(|_| damaged("its time cannot be read"))?),
    };
    Ok(StandingGrant {
        grant: serde_json::from_str(&text(item, "body")).map_err(StoreError::damaged("a grant"))?,
        used: item
            .get("used")
            .and_then(|used| used.as_n().ok())
            .and_then(|used| used.parse().ok())
            .ok_or_else(|| damaged("its uses cannot be read"))?,
        revoked_at,
    })
}
