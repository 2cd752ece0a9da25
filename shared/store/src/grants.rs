//! Grants.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::grant::{Grant, StandingGrant};
use xinzheng_domain::{SubjectId, VerificationCode};

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::reports::UseOfGrant;
use crate::table::{
    Cancelled, Committed, Cursor, Item, Page, Put, Update, below, count, damaged, is, lacks, text, there,
};
use crate::{Registry, StoreError, keys};

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// There is a grant of this code.
    Taken,
    /// It was revoked before, or never given.
    Revoked,
    /// It was noted already.
    Noted,
}

impl Registry {
    /// Files a grant. One TransactWriteItems, with the subject's list and audit, and the list of ends with consent to notices.
    pub async fn give_grant(&self, grant: &Grant, actor: &Actor) -> Result<(), StoreError> {
        let case = Put::new_at(&keys::grant(&grant.code)).body(grant, "a grant")?.count(USED, 0);
        let listed = Put::at(&keys::listed_grant(grant)).text("code", grant.code.compact());
        let object = ending(&grant.code);
        let step = Step::new(grant.given_at, Action::GrantGiven, &object).because(&grant.grantee.name);
        let ends = grant.notices.then(|| Put::at(&keys::grant_end(grant.until, &grant.code)));
        let transaction = self.transaction().put_when(Failed::Taken, case).put(listed).put_all(ends);
        let entries = self.entries(Some(&grant.subject), actor, &step);
        transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor)).commit_or_overtaken().await?;
        Ok(())
    }

    /// A grant with what has become of it. One GetItem.
    pub async fn grant(&self, code: &VerificationCode) -> Result<Option<StandingGrant>, StoreError> {
        self.get(keys::grant(code)).item().await?.as_ref().map(standing).transpose()
    }

    /// Grants by their codes. One BatchGetItem for each hundred.
    pub(crate) async fn grants_by_codes(
        &self,
        codes: &BTreeSet<VerificationCode>,
    ) -> Result<BTreeMap<VerificationCode, StandingGrant>, StoreError> {
        let places: Vec<_> = codes.iter().map(keys::grant).collect();
        let found = self.get_all(&places).await?;
        found.iter().map(|item| standing(item).map(|standing| (standing.grant.code, standing))).collect()
    }

    /// A page of a subject's grants, newest first; behind `cursor` when it is given. One Query, one BatchGetItem.
    pub async fn grants_of(
        &self,
        subject: &SubjectId,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<StandingGrant>, StoreError> {
        let Page { items, next } = self.query(keys::grants_of(subject)).newest_first().page(cursor, most).await?;
        let codes = items.iter().filter_map(|item| VerificationCode::parse(item.text("code")?).ok());
        let places: Vec<_> = codes.map(|code| keys::grant(&code)).collect();
        let found = self.get_all(&places).await?;
        let in_order = places.iter().filter_map(|place| found.iter().find(|item| item.is_at(place)));
        Ok(Page { items: in_order.map(standing).collect::<Result<_, _>>()?, next })
    }

    /// Revokes a grant; `false` when it was revoked before. One TransactWriteItems, with the subject's audit.
    pub async fn revoke_grant(&self, grant: &Grant, actor: &Actor, at: Timestamp) -> Result<bool, StoreError> {
        let given = there().and(lacks(REVOKED));
        let revoked = Update::at(keys::grant(&grant.code)).instant(REVOKED, at).when(given);
        let object = ending(&grant.code);
        let entries = self.entries(Some(&grant.subject), actor, &Step::new(at, Action::GrantRevoked, &object));
        let transaction = self.transaction().update_when(Failed::Revoked, revoked);
        let transaction = transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor));
        Ok(transaction.commit_or_overtaken().await? == Committed::Done)
    }
}

impl Registry {
    /// At most `most` grants with consent to notices whose time is over, the first to end before the others. One Query and one
    /// BatchGetItem for each hundred.
    pub async fn ended_grants(&self, now: Timestamp, most: i32) -> Result<Vec<StandingGrant>, StoreError> {
        let ended = self.query(keys::grants_ended(now)).page(None, most).await?.items;
        let places: Vec<_> = ended.iter().filter_map(keys::ended_grant).map(|code| keys::grant(&code)).collect();
        self.get_all(&places).await?.iter().map(standing).collect()
    }

    /// Notes that a grant's time is over, once, where whoever held it is to be told, and takes it off the list of ends. One
    /// TransactWriteItems.
    pub async fn expire_grant(&self, standing: &StandingGrant) -> Result<(), StoreError> {
        let Grant { code, until, .. } = &standing.grant;
        let mut transaction = self.transaction().delete(keys::grant_end(*until, code));
        if standing.revoked_at.is_none() && standing.party.is_some() {
            let expired = Update::at(keys::grant(code)).instant(EXPIRED, *until);
            let lasted = there().and(lacks(EXPIRED)).and(lacks(REVOKED));
            transaction = transaction.update_when(Failed::Revoked, expired.when(lasted));
        }
        match transaction.commit().await {
            // The next run looks again.
            Ok(()) | Err(Cancelled::Conflict) => Ok(()),
            Err(Cancelled::Failed(_)) => self.delete(&keys::grant_end(*until, code)).await,
            Err(Cancelled::Store(error)) => Err(error),
        }
    }
}

/// When the schedule saw that a grant's time is over.
pub(crate) const EXPIRED: &str = "expired_at";
/// When a grant was revoked.
pub(crate) const REVOKED: &str = "revoked_at";
/// How often a grant was used, and when it last was.
pub(crate) const USED: &str = "used";
pub(crate) const USED_AT: &str = "used_at";
/// Who used a grant first, as a recipient of notices.
pub(crate) const PARTY: &str = "party";

/// Counts a use of a grant that has `uses` of them and was not revoked. One that names its grantee by name alone becomes that of
/// the account that uses it first.
pub(crate) fn used(asked_by: &UseOfGrant<'_>, at: Timestamp) -> Update {
    let UseOfGrant { grant, uses, holder, party } = asked_by;
    let left = below(USED, count(uses)).and(lacks(REVOKED));
    let counted = Update::at(keys::grant(grant)).add(USED, 1).instant(USED_AT, at);
    let counted = counted.first(PARTY, text(party.to_string()));
    match holder {
        None => counted.when(left),
        Some(holder) => {
            let own = lacks(HELD_BY).or(is(HELD_BY, text(*holder)));
            counted.text(HELD_BY, *holder).when(left.and(own))
        }
    }
}

/// The account that a grant has become that of.
const HELD_BY: &str = "held_by";

/// What a log tells of a grant's code: enough for its subject to know which one, too little to use it.
pub fn ending(code: &VerificationCode) -> String {
    let code = code.compact();
    format!("…{}", code.get(code.len().saturating_sub(4)..).unwrap_or_default())
}

fn standing(item: &Item) -> Result<StandingGrant, StoreError> {
    let revoked_at = item.text(REVOKED).map(|at| at.parse().map_err(|_| damaged("a grant", "its time cannot be read")));
    Ok(StandingGrant {
        grant: item.body("a grant")?,
        used: item.number(USED).ok_or_else(|| damaged("a grant", "its uses cannot be read"))?,
        revoked_at: revoked_at.transpose()?,
        held_by: item.text(HELD_BY).map(str::to_owned),
        party: item.parsed(PARTY),
    })
}
