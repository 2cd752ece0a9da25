//! Issued reports.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{
    Basis, DomainId, IssuedReport, Period, ReportNumber, ReportWithdrawal, SubjectId, VerificationCode,
};

use crate::audit::{Actor, Step};
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, update};
use crate::{Registry, StoreError};

impl Registry {
    /// Records that a report was issued, and uses the grant under which it was asked for. ONE TransactWriteItems: by code, by number, by file, in the subject's list, in
    /// the audit of the subject's data, as the newest of its scope, and at the one that it supersedes; all or nothing.
    ///
    /// [`StoreError::NumberTaken`] when the number or code exists already; [`StoreError::Overtaken`] when `previous` is
    /// not the newest of the scope any more, or others write at the same time; [`StoreError::GrantOver`] when the grant does
    /// not let query any more; [`StoreError::Barred`] when a false commitment bars the subject.
    pub async fn issue(
        &self,
        report: &IssuedReport,
        basis: &Basis,
        previous: Option<&VerificationCode>,
        asked_by: AskedBy<'_>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(report).map_err(StoreError::damaged("an issued report"))?;
        let at = report.issued_at;
        let code = report.code.compact();
        let number = report.number.as_str();
        let scope = keys::scope(&report.period, report.counts.iter().map(|count| count.domain));
        let newest = Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(keys::subject(&report.subject)))
            .item(SK, keys::text(scope))
            .item("code", keys::text(&code));
        let newest = match previous {
            None => newest.condition_expression("attribute_not_exists(pk)"),
            Some(previous) => newest
                .condition_expression("#code = :previous")
                .expression_attribute_names("#code", "code")
                .expression_attribute_values(":previous", keys::text(previous.compact())),
        };
        let puts = [
            newest,
            self.once(&keys::code(&report.code), keys::REPORT)
                .item("body", keys::text(&body))
                .item("basis", AttributeValue::B(Blob::new(basis.to_bytes()))),
            self.once(&keys::number(&report.number), keys::REPORT).item("code", keys::text(&code)),
            self.once(&keys::file(&report.file_digest.to_string()), keys::REPORT).item("code", keys::text(&code)),
            self.once(&keys::subject(&report.subject), &keys::listed_report(at, &report.number))
                .item("body", keys::text(&body)),
            self.entry(
                &keys::audit(&report.subject),
                actor,
                &Step::new(at, "report.issued", number).purpose(report.purpose.title()).event(json!({
                    "report": number,
                    "domains": report.counts.len(),
                    "covers": report.counts.iter().map(|count| count.domain).collect::<Vec<_>>(),
                    "records": report.record_count(),
                })),
            ),
        ];
        // A false commitment counts from its moment on, exactly (R14).
        let unbarred = ConditionCheck::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(&report.subject)))
            .key(SK, keys::text(keys::BAR))
            .condition_expression("attribute_not_exists(bars) OR bars = :none")
            .expression_attribute_values(":none", keys::count(0))
            .build()
            .map_err(StoreError::service("TransactWriteItems"))?;
        let mut transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().condition_check(unbarred).build());
        for put in puts {
            let put: Result<Put, BuildError> = put.build();
            let put = put.map_err(StoreError::service("TransactWriteItems"))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        if let Some(previous) = previous {
            let superseded = Update::builder()
                .table_name(&self.table)
                .key(PK, keys::text(keys::code(previous)))
                .key(SK, keys::text(keys::REPORT))
                .update_expression("SET superseded_at = :at")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_values(":at", keys::text(keys::instant(at)))
                .build()
                .map_err(StoreError::service("TransactWriteItems"))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(superseded).build());
        }
        if let AskedBy::ThirdParty { grant, uses, .. } = asked_by {
            // Of two calls for the last use one wins.
            let used = Update::builder()
                .table_name(&self.table)
                .key(PK, keys::text(keys::grant(grant)))
                .key(SK, keys::text(keys::META))
                .update_expression("SET used = used + :one")
                .condition_expression("used < :uses AND attribute_not_exists(revoked_at)")
                .expression_attribute_values(":one", keys::count(1))
                .expression_attribute_values(":uses", keys::count(uses))
                .build()
                .map_err(StoreError::service("TransactWriteItems"))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(used).build());
        }
        match transaction.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
                let reasons = cancelled.cancellation_reasons();
                let conflict = |reason: &CancellationReason| reason.code() == Some("TransactionConflict");
                if reasons.first().is_some_and(failed) {
                    Err(StoreError::Barred)
                } else if matches!(asked_by, AskedBy::ThirdParty { .. }) && reasons.last().is_some_and(failed) {
                    Err(StoreError::GrantOver)
                } else if reasons.get(1).is_some_and(failed) || reasons.iter().any(conflict) {
                    Err(StoreError::Overtaken)
                } else if reasons.iter().any(failed) {
                    Err(StoreError::NumberTaken)
                } else {
                    let cancelled = TransactWriteItemsError::TransactionCanceledException(cancelled);
                    Err(StoreError::service("TransactWriteItems")(cancelled))
                }
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error)),
        }
    }

    /// The newest report of a subject for this period and these domains. One GetItem.
    pub async fn newest_of_scope(
        &self,
        subject: &SubjectId,
        period: &Period,
        domains: &[DomainId],
    ) -> Result<Option<VerificationCode>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(subject)))
            .key(SK, keys::text(keys::scope(period, domains.iter().copied())))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let code = found.item.as_ref().and_then(|item| item.get("code")).and_then(|code| code.as_s().ok());
        code.map(|code| pointed(code)).transpose()
    }

    /// Takes a report back; `Overtaken` when it was taken back before. One TransactWriteItems, with the audit of the subject
    /// and of the platform.
    pub async fn withdraw_report(
        &self,
        report: &IssuedReport,
        withdrawal: &ReportWithdrawal,
        actor: &Actor,
    ) -> Result<Stepped, StoreError> {
        let withdrawn = serde_json::to_string(withdrawal).map_err(StoreError::damaged("a withdrawal"))?;
        let back = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::code(&report.code)))
            .key(SK, keys::text(keys::REPORT))
            .update_expression("SET withdrawn = :withdrawn")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(withdrawn)")
            .expression_attribute_values(":withdrawn", keys::text(withdrawn));
        let number = report.number.as_str();
        let step = Step::new(withdrawal.at, "report.withdrawn", number)
            .purpose(&withdrawal.reason)
            .event(json!({ "report": number }));
        let mut writes = vec![update(back)?];
        writes.extend(self.entries(Some(&report.subject), actor, &step)?);
        self.transact(writes).await
    }

    /// Tells, once for each report, that records of a subject which it rests on are not what they were: an entry of the
    /// subject's audit, whose event names the report and the domains. Reports that were superseded or taken back are left
    /// out.
    ///
    /// A Query for each 50 reports with a BatchGetItem, a Query of the records for each period among them, and a
    /// TransactWriteItems for each report that is affected and was not told of before.
    pub async fn tell_affected(&self, subject: &SubjectId, at: Timestamp) -> Result<(), StoreError> {
        let mut after = None;
        let mut standing: BTreeMap<(String, String), Vec<StandingRecord>> = BTreeMap::new();
        loop {
            let (reports, next) = self.reports_of(subject, after.as_deref(), 50).await?;
            let codes: BTreeSet<VerificationCode> = reports.iter().map(|report| report.code).collect();
            for (_, filed) in self.reports_by_codes(&codes).await? {
                let over = filed.superseded_at.is_some() || filed.withdrawal.is_some();
                if over || filed.told_affected || filed.basis.is_empty() {
                    continue;
                }
                let period = &filed.report.period;
                let span = (period.from().to_string(), period.to().to_string());
                let records = match standing.entry(span) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(self.records(subject, period).await?),
                };
                let domains = filed.basis.affected(records);
                if !domains.is_empty() {
                    self.tell_of(&filed.report, &domains, at).await?;
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn tell_of(&self, report: &IssuedReport, domains: &[DomainId], at: Timestamp) -> Result<(), StoreError> {
        let told = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::code(&report.code)))
            .key(SK, keys::text(keys::REPORT))
            .update_expression("SET told_affected_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(told_affected_at)")
            .expression_attribute_values(":at", keys::text(keys::instant(at)));
        let number = report.number.as_str();
        let names: Vec<&str> = domains.iter().map(|domain| domain.name()).collect();
        let names = names.join("、");
        let step = Step::new(at, "report.affected", number)
            .purpose(&names)
            .event(json!({ "report": number, "domains": domains }));
        let mut writes = vec![update(told)?];
        writes.extend(self.entries(Some(&report.subject), &Actor::system(), &step)?);
        // Another invocation may have told of it meanwhile.
        self.transact(writes).await?;
        Ok(())
    }

    fn once(&self, pk: &str, sk: &str) -> PutBuilder {
        Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(pk))
            .item(SK, keys::text(sk))
            .condition_expression("attribute_not_exists(pk)")
    }

    /// The report with this code. One GetItem.
    pub async fn report_by_code(&self, code: &VerificationCode) -> Result<Option<FiledReport>, StoreError> {
        self.item(&keys::code(code)).await?.map(|item| filed(&item)).transpose()
    }

    /// The report whose PDF has this SHA-256 (64 hexadecimal digits in lower case). Two GetItem; one when there is none.
    pub async fn report_by_file(&self, sha256: &str) -> Result<Option<FiledReport>, StoreError> {
        self.report_by_pointer(&keys::file(sha256)).await
    }

    /// The report with this number. Two GetItem; one when there is none.
    pub async fn report_by_number(&self, number: &ReportNumber) -> Result<Option<FiledReport>, StoreError> {
        self.report_by_pointer(&keys::number(number)).await
    }

    /// The reports with these codes; those that do not exist are left out. One BatchGetItem for each hundred.
    pub async fn reports_by_codes(
        &self,
        codes: &BTreeSet<VerificationCode>,
    ) -> Result<Vec<(VerificationCode, FiledReport)>, StoreError> {
        let items = self.items(codes.iter().map(keys::code).collect()).await?;
        let report = |item: &HashMap<String, AttributeValue>| filed(item).map(|filed| (filed.report.code, filed));
        items.iter().map(report).collect()
    }

    /// The codes of the reports whose PDFs have these SHA-256, by digest. One BatchGetItem for each hundred.
    pub async fn codes_of_files(
        &self,
        digests: impl Iterator<Item = &str>,
    ) -> Result<BTreeMap<String, VerificationCode>, StoreError> {
        let items = self.items(digests.map(keys::file).collect()).await?;
        let text = |item: &HashMap<String, AttributeValue>, name: &str| {
            item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
        };
        let pair = |item| Ok((keys::file_of(&text(item, PK)), pointed(&text(item, "code"))?));
        items.iter().map(pair).collect()
    }

    /// The `REPORT` items of these partitions.
    async fn items(&self, partitions: Vec<String>) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let mut items = vec![];
        for hundred in partitions.chunks(100) {
            let key = |pk: &String| {
                HashMap::from([(PK.to_owned(), keys::text(pk)), (SK.to_owned(), keys::text(keys::REPORT))])
            };
            let mut wanted: Vec<HashMap<String, AttributeValue>> = hundred.iter().map(key).collect();
            // DynamoDB may leave some for another call.
            while !wanted.is_empty() {
                let all = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
                let all = all.map_err(StoreError::service("BatchGetItem"))?;
                let found = self.client.batch_get_item().request_items(&self.table, all).send().await;
                let found = found.map_err(StoreError::service("BatchGetItem"))?;
                items.extend(found.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
                let left = found.unprocessed_keys.unwrap_or_default().remove(&self.table);
                wanted = left.map(|left| left.keys).unwrap_or_default();
            }
        }
        Ok(items)
    }

    async fn report_by_pointer(&self, pk: &str) -> Result<Option<FiledReport>, StoreError> {
        let Some(item) = self.item(pk).await? else { return Ok(None) };
        let code = item.get("code").and_then(|code| code.as_s().ok()).map_or("", String::as_str);
        self.report_by_code(&pointed(code)?).await
    }

    /// A page of the subject's reports, newest first; behind `after` when it is given. Returns the key to go on with. One
    /// Query.
    pub async fn reports_of(
        &self,
        subject: &SubjectId,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<IssuedReport>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::subject(subject), keys::REPORTS, after, most, false).await?;
        let parse = |body: &String| serde_json::from_str(body).map_err(StoreError::damaged("an issued report"));
        let bodies = items.iter().filter_map(|item| item.get("body").and_then(|body| body.as_s().ok()));
        Ok((bodies.map(parse).collect::<Result<_, _>>()?, next))
    }

    async fn item(&self, pk: &str) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(pk))
            .key(SK, keys::text(keys::REPORT))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        Ok(found.item)
    }
}

/// Who asked for a report.
#[derive(Clone, Copy, Debug)]
pub enum AskedBy<'a> {
    /// The subject itself.
    Subject,
    /// A third party under a grant.
    ThirdParty {
        /// The grant.
        grant: &'a VerificationCode,
        /// How many uses the grant has.
        uses: u32,
    },
}

/// An issued report as it is filed under its code.
#[derive(Clone, Debug)]
pub struct FiledReport {
    /// The report.
    pub report: IssuedReport,
    /// What it rests on.
    pub basis: Basis,
    /// When a newer one of its scope was issued.
    pub superseded_at: Option<Timestamp>,
    /// That the platform took it back.
    pub withdrawal: Option<ReportWithdrawal>,
    /// True when its subject was told that it is affected.
    pub told_affected: bool,
}

fn filed(item: &HashMap<String, AttributeValue>) -> Result<FiledReport, StoreError> {
    let damaged = |why: &str| StoreError::Damaged { what: "an issued report".to_owned(), why: why.to_owned() };
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let body = text("body").ok_or_else(|| damaged("it has no body"))?;
    let basis = item.get("basis").and_then(|basis| basis.as_b().ok()).map_or(&[][..], Blob::as_ref);
    Ok(FiledReport {
        told_affected: item.contains_key("told_affected_at"),
        report: serde_json::from_str(body).map_err(StoreError::damaged("an issued report"))?,
        basis: Basis::from_bytes(basis).ok_or_else(|| damaged("its basis cannot be read"))?,
        superseded_at: text("superseded_at")
            .map(|at| at.parse().map_err(|_| damaged("its time cannot be read")))
            .transpose()?,
        withdrawal: text("withdrawn")
            .map(|withdrawn| serde_json::from_str(withdrawn).map_err(StoreError::damaged("a withdrawal")))
            .transpose()?,
    })
}

fn pointed(code: &str) -> Result<VerificationCode, StoreError> {
    VerificationCode::parse(code)
        .map_err(|error| StoreError::Damaged { what: "a pointer to a report".to_owned(), why: error.to_string() })
}
