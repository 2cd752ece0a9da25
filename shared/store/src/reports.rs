//! Issued reports.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::audit::{Action, Why};
use xinzheng_domain::case::grant::StandingGrant;
use xinzheng_domain::case::notice::Recipient;
use xinzheng_domain::month::Month;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::report::file_version::FileVersion;
use xinzheng_domain::{
    Basis, DomainId, IssuedReport, Period, Purpose, ReportNumber, ReportStanding, ReportStatus, ReportWithdrawal,
    SubjectId, VerificationCode,
};
use xinzheng_tlog::Fact;

use crate::audit::{Actor, AuditOf, Step};
use crate::commitments::BARS;
use crate::file_versions::{self, VERSIONS};
use crate::grants::{ending, used};
use crate::idempotency::kept_answer;
use crate::log::Logged;
use crate::table::{
    Cancelled, Committed, Cursor, Item, Key, List, Page, Put, Update, count, damaged, is, json as json_of, lacks,
    nothing_there, text, there,
};
use crate::{Registry, StoreError, keys};

/// What issuing a report asks of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// A false commitment bars the subject.
    Barred,
    /// The grant is revoked, or has no use left.
    Grant,
    /// Another report of the scope is the newest.
    Scope,
    /// The number, the code or the file is another report's.
    Taken,
    /// It is noted already.
    Noted,
}

/// What a step of an issued report asks of the table.
#[derive(Clone, Copy, Debug)]
enum StepFailed {
    /// It was done before, or there is no such report.
    Done,
    /// It is noted already.
    Noted,
}

/// The attribute that points to a report's code.
pub(crate) const CODE: &str = "code";
const WHAT: &str = "an issued report";

impl Registry {
    /// Records that a report was issued, and uses the grant under which it was asked for. ONE TransactWriteItems: by code, by
    /// number, by file, in the subject's list, in the audit of the subject's data, as the newest of its scope, at the one
    /// that it supersedes, on the list of what is to be proven anew, and among what the public log is to have; all or nothing.
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
        let at = report.issued_at;
        let code = report.code.compact();
        let number = report.number.as_str();
        let domains = report.counts.iter().map(|count| count.domain);
        let scope = keys::scope(&report.subject, &report.period, domains, report.purpose);
        let newest = Put::at(&scope).text(CODE, &code).when(match previous {
            None => nothing_there(),
            Some(previous) => is(CODE, text(previous.compact())),
        });
        let mut event = json!({
            "report": number,
            "domains": report.counts.len(),
            "covers": report.counts.iter().map(|count| count.domain).collect::<Vec<_>>(),
            "records": report.record_count(),
        });
        if let (AskedBy::ThirdParty(UseOfGrant { grant, .. }), Some(event)) = (asked_by, event.as_object_mut()) {
            event.insert("grant".to_owned(), json!(ending(grant)));
        }
        let step = Step::new(at, Action::ReportIssued, number).why(Why::For(report.purpose)).event(event);
        let mut filed = Put::new_at(&keys::code(&report.code)).body(report, WHAT)?.binary("basis", basis.to_bytes());
        if let AskedBy::ThirdParty(UseOfGrant { grant, .. }) = asked_by {
            filed = filed.text(GRANT, grant.compact());
        }
        // A false commitment counts from its moment on, exactly (R14).
        let unbarred = lacks(BARS).or(is(BARS, count(0)));
        let mut transaction = self
            .transaction()
            .answers(kept_answer(actor))
            .require(Failed::Barred, keys::bar_count(&report.subject), unbarred)
            .put_when(Failed::Scope, newest)
            .put_when(Failed::Taken, filed)
            .put_when(Failed::Noted, self.entry(&AuditOf::Subject(report.subject), actor, &step))
            .put(Self::to_be_logged(&issued(report), Some(&keys::code(&report.code)))?);
        let pointers = [
            keys::number(&report.number),
            keys::file(&report.file_digest.to_string()),
            keys::listed_report(&report.subject, at, &report.number),
            keys::issued_report(at, &report.number),
        ];
        for pointer in pointers {
            transaction = transaction.put_when(Failed::Taken, Put::new_at(&pointer).text(CODE, &code));
        }
        if let Some(due) = report.as_issued().next_due(at) {
            transaction = transaction.put(file_versions::listed(&report.code, due));
        }
        if let Some(previous) = previous {
            let superseded = Update::at(keys::code(previous)).instant(SUPERSEDED, at).when(there());
            transaction = transaction.update_when(Failed::Scope, superseded);
        }
        if let AskedBy::ThirdParty(of_grant) = asked_by {
            // Of two calls for the last use one wins.
            let listed = Put::new_at(&keys::granted_report(of_grant.grant, at, &report.number)).text(CODE, &code);
            transaction = transaction.update_when(Failed::Grant, used(&of_grant, at));
            transaction = transaction.put_when(Failed::Taken, listed);
            let had = Put::new_at(&keys::report_of_party(of_grant.party, at, &report.number)).text(CODE, &code);
            transaction = transaction.put_when(Failed::Taken, had.text(GRANT, of_grant.grant.compact()));
        }
        match transaction.commit().await {
            Ok(()) => Ok(()),
            Err(Cancelled::Failed(failed)) => Err(if failed.contains(&Failed::Barred) {
                StoreError::Barred
            } else if failed.contains(&Failed::Grant) {
                StoreError::GrantOver
            } else if failed.contains(&Failed::Scope) {
                StoreError::Overtaken
            } else {
                StoreError::NumberTaken
            }),
            Err(Cancelled::Conflict) => Err(StoreError::Overtaken),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// The newest report of a subject for this period, these domains and this purpose. One GetItem.
    pub async fn newest_of_scope(
        &self,
        subject: &SubjectId,
        period: &Period,
        domains: &[DomainId],
        purpose: Purpose,
    ) -> Result<Option<VerificationCode>, StoreError> {
        let newest = self.get(keys::scope(subject, period, domains.iter().copied(), purpose)).item().await?;
        newest.as_ref().map(pointed).transpose()
    }

    /// Takes a report back; `Overtaken` when it was taken back before. One TransactWriteItems, with the audit of the subject
    /// and of the platform, and with an entry for the public log.
    pub async fn withdraw_report(
        &self,
        report: &IssuedReport,
        withdrawal: &ReportWithdrawal,
        actor: &Actor,
    ) -> Result<Committed, StoreError> {
        let number = report.number.as_str();
        let step = Step::new(withdrawal.at, Action::ReportWithdrawn, number)
            .because(&withdrawal.reason)
            .event(json!({ "report": number }));
        let back = Update::at(keys::code(&report.code))
            .text(WITHDRAWN, json_of(withdrawal, "a withdrawal")?)
            .when(there().and(lacks(WITHDRAWN)));
        let fact = Fact::ReportWithdrawn { number: number.to_owned(), at: withdrawal.at };
        self.step_of_report(report, back, actor, &step, Some(Self::to_be_logged(&fact, None)?)).await
    }

    async fn step_of_report(
        &self,
        report: &IssuedReport,
        change: Update,
        actor: &Actor,
        step: &Step<'_>,
        logged: Option<Put>,
    ) -> Result<Committed, StoreError> {
        let entries = self.entries(Some(&report.subject), actor, step);
        let transaction = self.transaction().update_when(StepFailed::Done, change).put_all(logged);
        transaction.put_all_when(StepFailed::Noted, entries).answers(kept_answer(actor)).commit_or_overtaken().await
    }

    /// Tells, once for each report, that records of a subject which it rests on are not what they were, and once that there are
    /// records of its scope that are not in it: an entry of the subject's audit, whose event names the report and the domains.
    /// Reports that were taken back are left out, and superseded ones that no third party has.
    ///
    /// A Query of the reports; where there are any, a BatchGetItem for each 50, a Query of the records, and a
    /// TransactWriteItems for each report and what was not told of it before.
    pub async fn tell_of_reports(&self, subject: &SubjectId, at: Timestamp) -> Result<(), StoreError> {
        let mut cursor = None;
        let mut standing: Option<Vec<StandingRecord>> = None;
        loop {
            let page = self.reports_of(subject, cursor.as_ref(), 50).await?;
            for filed in page.items {
                // Whoever has one under a grant goes by it also when somebody drew a newer one.
                let replaced = filed.superseded_at.is_some() && !filed.under_grant;
                let over = replaced || filed.withdrawal.is_some();
                let told = (filed.told_affected || filed.basis.is_empty()) && filed.told_supplemented;
                if over || told {
                    continue;
                }
                let records = match &mut standing {
                    Some(known) => known,
                    unknown => unknown.insert(self.dossier(subject).await?.records),
                };
                let standing = filed.standing(records);
                if !filed.told_affected && !standing.affected.is_empty() {
                    self.tell_of(&filed.report, (Action::ReportAffected, TOLD), &standing.affected, at).await?;
                }
                let supplemented: Vec<DomainId> = standing.supplemented.iter().map(|found| found.domain).collect();
                if !filed.told_supplemented && !supplemented.is_empty() {
                    let what = (Action::ReportSupplemented, TOLD_SUPPLEMENTED);
                    self.tell_of(&filed.report, what, &supplemented, at).await?;
                }
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Tells what has become of a report; `what` names it and the attribute that says that it was told.
    async fn tell_of(
        &self,
        report: &IssuedReport,
        what: (Action, &'static str),
        domains: &[DomainId],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let number = report.number.as_str();
        let names: Vec<&str> = domains.iter().map(|domain| domain.name()).collect();
        let names = names.join("、");
        let (action, told) = what;
        let step = Step::new(at, action, number).because(&names).event(json!({ "report": number, "domains": domains }));
        let told = Update::at(keys::code(&report.code)).instant(told, at).when(there().and(lacks(told)));
        // Another invocation may have told of it meanwhile.
        self.step_of_report(report, told, &Actor::system(), &step, None).await?;
        Ok(())
    }

    /// The report with this code. One GetItem.
    pub async fn report_by_code(&self, code: &VerificationCode) -> Result<Option<FiledReport>, StoreError> {
        self.get(keys::code(code)).item().await?.map(|item| filed(&item)).transpose()
    }

    /// The report whose PDF has this SHA-256 (64 hexadecimal digits in lower case). Two GetItem; one when there is none.
    pub async fn report_by_file(&self, sha256: &str) -> Result<Option<FiledReport>, StoreError> {
        self.report_by_pointer(keys::file(sha256)).await
    }

    /// The report with this number. Two GetItem; one when there is none.
    pub async fn report_by_number(&self, number: &ReportNumber) -> Result<Option<FiledReport>, StoreError> {
        self.report_by_pointer(keys::number(number)).await
    }

    async fn report_by_pointer(&self, pointer: Key) -> Result<Option<FiledReport>, StoreError> {
        match self.get(pointer).item().await? {
            None => Ok(None),
            Some(item) => self.report_by_code(&pointed(&item)?).await,
        }
    }

    /// The reports with these codes; those that do not exist are left out. One BatchGetItem for each hundred.
    pub async fn reports_by_codes(
        &self,
        codes: &BTreeSet<VerificationCode>,
    ) -> Result<Vec<(VerificationCode, FiledReport)>, StoreError> {
        let places: Vec<Key> = codes.iter().map(keys::code).collect();
        let report = |item: &Item| filed(item).map(|filed| (filed.report.code, filed));
        self.get_all(&places).await?.iter().map(report).collect()
    }

    /// The codes of the reports whose PDFs have these SHA-256, by digest. One BatchGetItem for each hundred.
    pub async fn codes_of_files(
        &self,
        digests: impl Iterator<Item = &str>,
    ) -> Result<BTreeMap<String, VerificationCode>, StoreError> {
        let places: Vec<Key> = digests.map(keys::file).collect();
        let pair = |item: &Item| Ok((keys::file_of(item).unwrap_or_default().to_owned(), pointed(item)?));
        self.get_all(&places).await?.iter().map(pair).collect()
    }

    /// A page of the subject's reports, newest first; behind `cursor` when it is given. One Query and one BatchGetItem.
    pub async fn reports_of(
        &self,
        subject: &SubjectId,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<FiledReport>, StoreError> {
        self.listed_reports(keys::reports_of(subject), cursor, most).await
    }

    /// A page of all reports that were issued in a month, newest first. One Query and one BatchGetItem.
    pub async fn reports_issued_in(
        &self,
        month: Month,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<FiledReport>, StoreError> {
        self.listed_reports(keys::issued_in(month), cursor, most).await
    }

    /// A page of the reports that were issued under a grant, newest first. One Query and one BatchGetItem.
    pub async fn reports_under(
        &self,
        grant: &VerificationCode,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<FiledReport>, StoreError> {
        self.listed_reports(keys::granted_reports(grant), cursor, most).await
    }

    /// A page of the reports that a third party had under grants, newest first, each with how its grant stands. One Query, two
    /// BatchGetItem.
    pub async fn reports_of_party(
        &self,
        party: &Recipient,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<(FiledReport, StandingGrant)>, StoreError> {
        let Page { items, next } = self.query(keys::reports_of_party(party)).newest_first().page(cursor, most).await?;
        let had: Vec<(VerificationCode, VerificationCode)> = items
            .iter()
            .map(|item| {
                let grant = item.text(GRANT).and_then(|code| VerificationCode::parse(code).ok());
                Ok((pointed(item)?, grant.ok_or_else(|| damaged("a report of a third party", "it names no grant"))?))
            })
            .collect::<Result<_, StoreError>>()?;
        let codes = had.iter().map(|(code, _)| *code).collect();
        let grants = had.iter().map(|(_, grant)| *grant).collect();
        let (reports, grants) = tokio::try_join!(self.reports_by_codes(&codes), self.grants_by_codes(&grants))?;
        let mut reports: BTreeMap<_, _> = reports.into_iter().collect();
        let items =
            had.iter().filter_map(|(code, grant)| Some((reports.remove(code)?, grants.get(grant)?.clone()))).collect();
        Ok(Page { items, next })
    }

    async fn listed_reports(
        &self,
        list: List,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<FiledReport>, StoreError> {
        let Page { items, next } = self.query(list).newest_first().page(cursor, most).await?;
        let codes: Vec<VerificationCode> = items.iter().map(pointed).collect::<Result<_, _>>()?;
        let mut found: BTreeMap<_, _> =
            self.reports_by_codes(&codes.iter().copied().collect()).await?.into_iter().collect();
        Ok(Page { items: codes.iter().filter_map(|code| found.remove(code)).collect(), next })
    }
}

/// That the platform took a report back.
pub(crate) const WITHDRAWN: &str = "withdrawn";
/// When its subject was told that a report is affected.
pub(crate) const TOLD: &str = "told_affected_at";
/// When its subject was told that records of a report's scope are not in it.
pub(crate) const TOLD_SUPPLEMENTED: &str = "told_supplemented_at";
/// When a newer report of its scope was issued.
pub(crate) const SUPERSEDED: &str = "superseded_at";
/// The code of the grant under which a report was issued.
pub(crate) const GRANT: &str = "grant";

/// Who asked for a report.
#[derive(Clone, Copy, Debug)]
pub enum AskedBy<'a> {
    /// The subject itself.
    Subject,
    /// A third party under a grant.
    ThirdParty(UseOfGrant<'a>),
}

/// A use of a grant.
#[derive(Clone, Copy, Debug)]
pub struct UseOfGrant<'a> {
    /// The grant.
    pub grant: &'a VerificationCode,
    /// How many uses the grant has.
    pub uses: u32,
    /// The account that asks, when the grant names its grantee by name alone.
    pub holder: Option<&'a str>,
    /// The third party that asks.
    pub party: &'a Recipient,
}

/// An issued report as it is filed under its code.
#[derive(Clone, Debug)]
pub struct FiledReport {
    /// The report.
    pub report: IssuedReport,
    /// The versions of its file behind the one that was issued.
    pub further: Vec<FileVersion>,
    /// What it rests on.
    pub basis: Basis,
    /// True when a third party has it under a grant.
    pub under_grant: bool,
    /// When a newer one of its scope was issued.
    pub superseded_at: Option<Timestamp>,
    /// That the platform took it back.
    pub withdrawal: Option<ReportWithdrawal>,
    /// True when its subject was told that it is affected.
    pub told_affected: bool,
    /// True when its subject was told that records of its scope are not in it.
    pub told_supplemented: bool,
    /// Where in the public log it is; `None` before it is.
    pub logged: Option<Logged>,
}

impl FiledReport {
    /// All versions of its file, in their order.
    pub fn versions(&self) -> impl Iterator<Item = FileVersion> {
        std::iter::once(self.report.as_issued()).chain(self.further.iter().cloned())
    }

    /// What counts most of it, as its subject was told last: without a look at the records.
    pub fn told_status(&self) -> ReportStatus {
        let told = ReportStatus::those(|status| match status {
            ReportStatus::Withdrawn => self.withdrawal.is_some(),
            ReportStatus::Affected => self.told_affected,
            ReportStatus::Supplemented => self.told_supplemented,
            ReportStatus::Superseded => self.superseded_at.is_some(),
            ReportStatus::Valid => false,
        });
        told.first().copied().unwrap_or(ReportStatus::Valid)
    }

    /// The newest version of its file.
    pub fn newest(&self) -> FileVersion {
        self.further.last().cloned().unwrap_or_else(|| self.report.as_issued())
    }

    /// True of a domain that it has.
    fn covers(&self, domain: DomainId) -> bool {
        self.report.counts.iter().any(|count| count.domain == domain)
    }

    /// How it stands, by its subject's records as they stand.
    pub fn standing(&self, records: &[StandingRecord]) -> ReportStanding {
        let report = &self.report;
        let covers = |domain| self.covers(domain);
        ReportStanding {
            withdrawal: self.withdrawal.clone(),
            affected: self.basis.affected(records, covers),
            supplemented: self.basis.supplements(records, &report.period, covers, report.data_as_of),
            superseded: self.superseded_at,
        }
    }
}

/// What the public log says of a report: nothing of whom it is about.
fn issued(report: &IssuedReport) -> Fact {
    Fact::ReportIssued {
        number: report.number.to_string(),
        content: (*report.content_digest.as_bytes()).into(),
        file: (*report.file_digest.as_bytes()).into(),
        at: report.issued_at,
    }
}

fn filed(item: &Item) -> Result<FiledReport, StoreError> {
    let superseded_at = item.text(SUPERSEDED).map(str::parse).transpose();
    Ok(FiledReport {
        under_grant: item.has(GRANT),
        told_affected: item.has(TOLD),
        told_supplemented: item.has(TOLD_SUPPLEMENTED),
        logged: Logged::of(item),
        report: item.body(WHAT)?,
        further: item.json(VERSIONS, "versions of a file")?.unwrap_or_default(),
        basis: Basis::from_bytes(item.bytes("basis")).ok_or_else(|| damaged(WHAT, "its basis cannot be read"))?,
        superseded_at: superseded_at.map_err(|_| damaged(WHAT, "its time cannot be read"))?,
        withdrawal: item.json(WITHDRAWN, "a withdrawal")?,
    })
}

/// The code that an item points to.
pub(crate) fn pointed(item: &Item) -> Result<VerificationCode, StoreError> {
    let code = VerificationCode::parse(item.text(CODE).unwrap_or_default());
    code.map_err(|error| damaged("a pointer to a report", error.to_string()))
}
