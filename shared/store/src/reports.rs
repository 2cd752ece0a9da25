//! Issued reports.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use xinzheng_domain::{IssuedReport, ReportNumber, SubjectId, VerificationCode};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

impl Registry {
    /// Records that a report was issued. ONE TransactWriteItems: by code, by number, by file, in the subject's list,
    /// and in the audit of the subject's data; all or nothing.
    ///
    /// [`StoreError::NumberTaken`] when the number or code exists already.
    pub async fn issue(&self, report: &IssuedReport) -> Result<(), StoreError> {
        let body = serde_json::to_string(report).map_err(StoreError::damaged("an issued report"))?;
        let at = report.issued_at;
        let code = report.code.compact();
        let number = report.number.as_str();
        let puts = [
            self.once(&keys::code(&report.code), keys::REPORT).item("body", keys::text(&body)),
            self.once(&keys::number(&report.number), keys::REPORT).item("code", keys::text(&code)),
            self.once(&keys::file(&report.file_digest.to_string()), keys::REPORT).item("code", keys::text(&code)),
            self.once(&keys::subject(&report.subject), &keys::listed_report(at, &report.number))
                .item("body", keys::text(&body)),
            self.once(&keys::audit(&report.subject), &keys::audited(at, "report.issued", number))
                .item("actor", keys::text("subject"))
                .item("purpose", keys::text(report.purpose.title())),
        ];
        let mut transaction = self.client.transact_write_items();
        for put in puts {
            let put: Result<Put, BuildError> = put.build();
            let put = put.map_err(StoreError::service("TransactWriteItems"))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match transaction.send().await.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(TransactWriteItemsError::TransactionCanceledException(cancelled))
                if cancelled.cancellation_reasons().iter().any(|r| r.code() == Some("ConditionalCheckFailed")) =>
            {
                Err(StoreError::NumberTaken)
            }
            Err(error) => Err(StoreError::service("TransactWriteItems")(error)),
        }
    }

    fn once(&self, pk: &str, sk: &str) -> PutBuilder {
        Put::builder()
            .table_name(&self.table)
            .item(PK, keys::text(pk))
            .item(SK, keys::text(sk))
            .condition_expression("attribute_not_exists(pk)")
    }

    /// The report with this code. One GetItem.
    pub async fn report_by_code(&self, code: &VerificationCode) -> Result<Option<IssuedReport>, StoreError> {
        let Some(body) = self.attribute(&keys::code(code), "body").await? else { return Ok(None) };
        serde_json::from_str(&body).map(Some).map_err(StoreError::damaged("an issued report"))
    }

    /// The report whose PDF has this SHA-256 (64 hexadecimal digits in lower case). Two GetItem; one when there is none.
    pub async fn report_by_file(&self, sha256: &str) -> Result<Option<IssuedReport>, StoreError> {
        self.report_by_pointer(&keys::file(sha256)).await
    }

    /// The report with this number. Two GetItem; one when there is none.
    pub async fn report_by_number(&self, number: &ReportNumber) -> Result<Option<IssuedReport>, StoreError> {
        self.report_by_pointer(&keys::number(number)).await
    }

    async fn report_by_pointer(&self, pk: &str) -> Result<Option<IssuedReport>, StoreError> {
        let Some(code) = self.attribute(pk, "code").await? else { return Ok(None) };
        let code = VerificationCode::parse(&code).map_err(|error| StoreError::Damaged {
            what: "a pointer to a report".to_owned(),
            why: error.to_string(),
        })?;
        self.report_by_code(&code).await
    }

    /// The subject's newest reports, newest first, at most `limit`. One Query.
    pub async fn reports_of(&self, subject: &SubjectId, limit: u16) -> Result<Vec<IssuedReport>, StoreError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :subject AND begins_with(sk, :report)")
            .expression_attribute_values(":subject", keys::text(keys::subject(subject)))
            .expression_attribute_values(":report", keys::text("REPORT#"))
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let parse = |body: &String| serde_json::from_str(body).map_err(StoreError::damaged("an issued report"));
        let bodies = page.items().iter().filter_map(|item| item.get("body").and_then(|body| body.as_s().ok()));
        bodies.map(parse).collect()
    }

    async fn attribute(&self, pk: &str, name: &'static str) -> Result<Option<String>, StoreError> {
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
        Ok(found.item.and_then(|mut item| item.remove(name)).and_then(|value| value.as_s().ok().cloned()))
    }
}
