//! Notices that follow from changes, and their way to webhooks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tracing::info;
use xinzheng_domain::VerificationCode;
use xinzheng_domain::case::grant::StandingGrant;
use xinzheng_domain::case::notice::{Concerns, Notice, NoticeKind, Recipient};
use xinzheng_domain::case::webhook::Delivery;
use xinzheng_store::changes::{ReportTold, StreamRecord};
use xinzheng_store::notices::of_grant;

use crate::{App, Failed};

/// The grants that reports were issued under, as far as they were looked at.
pub(crate) type Grants = BTreeMap<VerificationCode, Option<StandingGrant>>;

/// Gives the notices that follow from a change, each once, and sends those of third parties on their way, at least once.
/// A GetItem for each grant that reports were issued under; for each notice a BatchGetItem and a TransactWriteItems, and
/// for a third party's a Query and a SendMessage for each of its webhooks.
pub(crate) async fn give(app: &App, record: &StreamRecord, grants: &mut Grants, now: Timestamp) -> Result<(), Failed> {
    if let Some(told) = record.told() {
        give_one(app, &told.to, &told.notice, now).await?;
    }
    for told in record.reports_told() {
        if let Some(code) = told.grant
            && !grants.contains_key(&code)
        {
            grants.insert(code, app.registry.grant(&code).await?);
        }
        let grant = told.grant.and_then(|code| grants.get(&code)?.as_ref());
        for (to, notice) in of_report(&told, grant, now) {
            give_one(app, &to, &notice, now).await?;
        }
    }
    Ok(())
}

/// Whom to tell what has become of a report: its subject, and the third party that had it under a grant with consent that lasts.
fn of_report(told: &ReportTold, grant: Option<&StandingGrant>, now: Timestamp) -> Vec<(Recipient, Notice)> {
    let mark = grant.map(|standing| of_grant(&standing.grant.code)).unwrap_or_default();
    let subject = Recipient::Subject(told.subject);
    match told.kind {
        NoticeKind::GrantUsed => {
            let by = grant.map(|standing| standing.grant.grantee.name.clone());
            vec![(subject, told.notice(Concerns { by, ..mark }))]
        }
        kind => {
            let party = grant.and_then(|standing| standing.told(now)).cloned();
            // A newer report of the same scope is one that the subject has had itself, or hears of by the grant's use.
            let subject = Some(subject).filter(|_| kind != NoticeKind::ReportSuperseded);
            let subject = subject.map(|subject| (subject, told.notice(Concerns::default())));
            subject.into_iter().chain(party.map(|party| (party, told.notice(mark)))).collect()
        }
    }
}

async fn give_one(app: &App, to: &Recipient, notice: &Notice, now: Timestamp) -> Result<(), Failed> {
    let is_new = app.registry.give_notice(to, notice, now).await?;
    info!(kind = notice.kind.code(), is_new, "a notice is given");
    if matches!(to, Recipient::Subject(_)) {
        return Ok(());
    }
    // Also of one that was given before: the batch may have been broken off before it was sent.
    let webhooks = app.registry.webhooks_of(to).await?;
    for standing in webhooks.into_iter().filter(|standing| standing.ended.is_none()) {
        let (id, body) = (notice.id.clone(), notice.message());
        let delivery = Delivery { to: to.clone(), webhook: standing.webhook.id, id, since: now, body };
        app.deliveries.send(&delivery).await?;
    }
    Ok(())
}
