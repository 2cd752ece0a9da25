//! Grants.

use jiff::Timestamp;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::grant::{Grant, StandingGrant};
use xinzheng_domain::{SubjectId, VerificationCode};

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::table::{Committed, Cursor, Item, Page, Put, Update, below, count, damaged, is, lacks, text, there};
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
    /// Files a grant. One TransactWriteItems, with the subject's list and audit.
    pub async fn give_grant(&self, grant: &Grant, actor: &Actor) -> Result<(), StoreError> {
        let case = Put::new_at(&keys::grant(&grant.code)).body(grant, "a grant")?.count("used", 0);
        let listed = Put::at(&keys::listed_grant(grant)).text("code", grant.code.compact());
        let object = ending(&grant.code);
        let step = Step::new(grant.given_at, Action::GrantGiven, &object).because(&grant.grantee.name);
        let transaction = self.transaction().put_when(Failed::Taken, case).put(listed);
        let entries = self.entries(Some(&grant.subject), actor, &step);
        transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor)).commit_or_overtaken().await?;
        Ok(())
    }

    /// A grant with what has become of it. One GetItem.
    pub async fn grant(&self, code: &VerificationCode) -> Result<Option<StandingGrant>, StoreError> {
        self.get(keys::grant(code)).item().await?.as_ref().map(standing).transpose()
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
        let given = there().and(lacks("revoked_at"));
        let revoked = Update::at(keys::grant(&grant.code)).instant("revoked_at", at).when(given);
        let object = ending(&grant.code);
        let entries = self.entries(Some(&grant.subject), actor, &Step::new(at, Action::GrantRevoked, &object));
        let transaction = self.transaction().update_when(Failed::Revoked, revoked);
        let transaction = transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor));
        Ok(transaction.commit_or_overtaken().await? == Committed::Done)
    }
}

/// Counts a use of a grant that has `uses` of them and was not revoked. One that names its grantee by name alone becomes that of
/// the account that uses it first.
pub(crate) fn used(code: &VerificationCode, uses: u32, holder: Option<&str>) -> Update {
    let left = below("used", count(uses)).and(lacks("revoked_at"));
    let counted = Update::at(keys::grant(code)).add("used", 1);
    match holder {
        None => counted.when(left),
        Some(holder) => {
            let own = lacks(HELD_BY).or(is(HELD_BY, text(holder)));
            counted.text(HELD_BY, holder).when(left.and(own))
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
    let revoked_at =
        item.text("revoked_at").map(|at| at.parse().map_err(|_| damaged("a grant", "its time cannot be read")));
    Ok(StandingGrant {
        grant: item.body("a grant")?,
        used: item.number("used").ok_or_else(|| damaged("a grant", "its uses cannot be read"))?,
        revoked_at: revoked_at.transpose()?,
        held_by: item.text(HELD_BY).map(str::to_owned),
    })
}
