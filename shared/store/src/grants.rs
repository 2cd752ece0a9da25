//! Grants, and the access log of a subject.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use serde::Serialize;
use xinzheng_domain::grant::{Grant, StandingGrant};
use xinzheng_domain::{SubjectId, VerificationCode};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// What was done to a subject's data, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Access {
    /// When.
    pub at: String,
    /// What: `report.issued`, `grant.used`, `grant.refused` and so on.
    pub action: String,
    /// With which report, grant or case.
    pub object: String,
    /// Who.
    pub by: String,
    /// What for, or why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

impl Registry {
    /// Files a grant. One TransactWriteItems, with the subject's list and access log.
    pub async fn give_grant(&self, grant: &Grant) -> Result<(), StoreError> {
        let body = serde_json::to_string(grant).map_err(StoreError::damaged("a grant"))?;
        let code = grant.code.compact();
        let put = |pk: &str, sk: &str| {
            Put::builder().table_name(&self.table).item(PK, keys::text(pk)).item(SK, keys::text(sk))
        };
        let puts = [
            put(&keys::grant(&grant.code), keys::META)
                .item("body", keys::text(body))
                .item("used", keys::count(0))
                .condition_expression("attribute_not_exists(pk)"),
            put(&keys::subject(&grant.subject), &keys::listed_grant(grant.given_at, &grant.code))
                .item("code", keys::text(&code)),
            put(&keys::audit(&grant.subject), &keys::audited(grant.given_at, "grant.given", &ending(&grant.code)))
                .item("actor", keys::text("subject"))
                .item("purpose", keys::text(&grant.grantee.name)),
        ];
        let mut transaction = self.client.transact_write_items();
        for put in puts {
            let put = put.build().map_err(StoreError::service("TransactWriteItems"))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        transaction.send().await.map_err(StoreError::service("TransactWriteItems"))?;
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

    /// A subject's grants, newest first, at most `most`. One Query, and a GetItem for each.
    pub async fn grants_of(&self, subject: &SubjectId, most: i32) -> Result<Vec<StandingGrant>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :subject AND begins_with(sk, :grant)")
            .expression_attribute_values(":subject", keys::text(keys::subject(subject)))
            .expression_attribute_values(":grant", keys::text(keys::GRANTS))
            .scan_index_forward(false)
            .limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let mut grants = vec![];
        for item in found.items() {
            if let Ok(code) = VerificationCode::parse(&text(item, "code")) {
                grants.extend(self.grant(&code).await?);
            }
        }
        Ok(grants)
    }

    /// Revokes a grant; `false` when it was revoked before. One TransactWriteItems, with the access log.
    pub async fn revoke_grant(&self, grant: &Grant, at: Timestamp) -> Result<bool, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::grant(&grant.code)))
            .key(SK, keys::text(keys::META))
            .update_expression("SET revoked_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":at", keys::text(keys::instant(at)))
            .build()
            .map_err(StoreError::service("TransactWriteItems"))?;
        let audit = Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(keys::audit(&grant.subject)))
            .item(SK, keys::text(keys::audited(at, "grant.revoked", &ending(&grant.code))))
            .item("actor", keys::text("subject"))
            .build()
            .map_err(StoreError::service("TransactWriteItems"))?;
        let sent = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(audit).build())
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(true),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled))
                if cancelled.cancellation_reasons().iter().any(|r| r.code() == Some("ConditionalCheckFailed")) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error)),
        }
    }

    /// Notes in a subject's access log that a third party was refused. One PutItem.
    pub async fn note_refusal(
        &self,
        subject: &SubjectId,
        code: &VerificationCode,
        by: &str,
        why: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .item(PK, keys::text(keys::audit(subject)))
            .item(SK, keys::text(keys::audited(at, "grant.refused", &ending(code))))
            .item("actor", keys::text(by))
            .item("purpose", keys::text(why))
            .send()
            .await
            .map_err(StoreError::service("PutItem"))?;
        Ok(())
    }

    /// What was done to a subject's data, newest first, at most `most`; behind `after` when it is given. Returns the key to
    /// go on with. One Query.
    pub async fn access_log(
        &self,
        subject: &SubjectId,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Access>, Option<String>), StoreError> {
        let pk = keys::audit(subject);
        let start = after.map(|sk| HashMap::from([(PK.to_owned(), keys::text(&pk)), (SK.to_owned(), keys::text(sk))]));
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :subject")
            .expression_attribute_values(":subject", keys::text(&pk))
            .set_exclusive_start_key(start)
            .scan_index_forward(false)
            .limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let next = found.last_evaluated_key.as_ref().and_then(|key| key.get(SK)?.as_s().ok().cloned());
        let access = |item: &HashMap<String, AttributeValue>| {
            let key = text(item, SK);
            let mut parts = key.splitn(3, '#').map(str::to_owned);
            let mut part = || parts.next().unwrap_or_default();
            Access {
                at: part(),
                action: part(),
                object: part(),
                by: text(item, "actor"),
                purpose: Some(text(item, "purpose")).filter(|purpose| !purpose.is_empty()),
            }
        };
        Ok((found.items().iter().map(access).collect(), next))
    }
}

/// What a log tells of a grant's code: enough for its subject to know which one, too little to use it.
pub(crate) fn ending(code: &VerificationCode) -> String {
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
