//! Living codes: what a subject shows by one, and how often it was looked at.

use jiff::{SignedDuration, Timestamp};
use xinzheng_domain::SubjectId;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::living_code::{LivingCode, LivingReport, StandingLivingReport};

use crate::audit::{Actor, Step};
use crate::idempotency::kept_answer;
use crate::table::{
    BODY, Committed, Cursor, Item, Page, Put, Update, Written, above, damaged, instant, lacks, text, there,
};
use crate::{Registry, StoreError, keys};

/// Days that a code stays in its subject's list after its time: whoever scans it then is told that it is over.
const KEPT_DAYS: i64 = 90;
/// Attributes of a code.
const UNTIL: &str = "until";
const LOOKS: &str = "looks";
const LAST_LOOK: &str = "last_look";
const ENDED: &str = "ended_at";

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// There is such a code.
    Taken,
    /// It was ended before, or never made.
    Ended,
    /// It was noted already.
    Noted,
}

/// What somebody sees who scans a code.
#[derive(Clone, Debug)]
pub enum Look {
    /// What the subject chose; the look is counted.
    Shown(StandingLivingReport),
    /// Nothing any more.
    Over(StandingLivingReport),
    /// There is no such code.
    Unknown,
}

impl Registry {
    /// Files a code. One TransactWriteItems, with the subject's list and audit.
    pub async fn make_living_code(&self, report: &LivingReport, actor: &Actor) -> Result<(), StoreError> {
        let expires = (report.until + SignedDuration::from_hours(24 * KEPT_DAYS)).as_second();
        let case = Put::new_at(&keys::living_code(&report.code))
            .body(report, "a living code")?
            .text(UNTIL, instant(report.until))
            .count(LOOKS, 0)
            .count("expires_at", expires);
        let listed = Put::at(&keys::listed_living_code(report)).text("code", report.code.compact());
        let listed = listed.count("expires_at", expires);
        let object = ending(&report.code);
        let step = Step::new(report.made_at, Action::LivingCodeMade, &object);
        let step = match &report.shown_to {
            Some(shown_to) => step.because(shown_to),
            None => step,
        };
        let transaction = self.transaction().put_when(Failed::Taken, case).put(listed);
        let entries = self.entries(Some(&report.subject), actor, &step);
        transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor)).commit_or_overtaken().await?;
        Ok(())
    }

    /// A code with what has become of it. One GetItem.
    pub async fn living_code(&self, code: &LivingCode) -> Result<Option<StandingLivingReport>, StoreError> {
        self.get(keys::living_code(code)).item().await?.as_ref().map(standing).transpose()
    }

    /// A page of a subject's codes, newest first; behind `cursor` when it is given. One Query, one BatchGetItem.
    pub async fn living_codes_of(
        &self,
        subject: &SubjectId,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<StandingLivingReport>, StoreError> {
        let Page { items, next } = self.query(keys::living_codes_of(subject)).newest_first().page(cursor, most).await?;
        let codes = items.iter().filter_map(|item| LivingCode::parse(item.text("code")?).ok());
        let places: Vec<_> = codes.map(|code| keys::living_code(&code)).collect();
        let found = self.get_all(&places).await?;
        let in_order = places.iter().filter_map(|place| found.iter().find(|item| item.is_at(place)));
        Ok(Page { items: in_order.map(standing).collect::<Result<_, _>>()?, next })
    }

    /// Ends a code; `false` when it was ended before. One TransactWriteItems, with the subject's audit.
    pub async fn end_living_code(
        &self,
        report: &LivingReport,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = Update::at(keys::living_code(&report.code)).instant(ENDED, at).when(there().and(lacks(ENDED)));
        let object = ending(&report.code);
        let entries = self.entries(Some(&report.subject), actor, &Step::new(at, Action::LivingCodeEnded, &object));
        let transaction = self.transaction().update_when(Failed::Ended, ended);
        let transaction = transaction.put_all_when(Failed::Noted, entries).answers(kept_answer(actor));
        Ok(transaction.commit_or_overtaken().await? == Committed::Done)
    }

    /// Looks at what a code shows: counted when it shows anything, so that a code that was ended shows nothing from then on. One
    /// UpdateItem.
    pub async fn look_at(&self, code: &LivingCode, now: Timestamp) -> Result<Look, StoreError> {
        let lasts = there().and(lacks(ENDED)).and(above(UNTIL, text(instant(now))));
        let counted = Update::at(keys::living_code(code)).add(LOOKS, 1).instant(LAST_LOOK, now).when(lasts);
        Ok(match self.update(counted).await? {
            Written::Done(item) => Look::Shown(standing(&item)?),
            Written::Refused(item) if item.has(BODY) => Look::Over(standing(&item)?),
            Written::Refused(_) => Look::Unknown,
        })
    }

    /// Notes a look, or one that came too late, in the audit of whom it is about. One PutItem.
    pub async fn note_living_look(
        &self,
        standing: &StandingLivingReport,
        actor: &Actor,
        at: Timestamp,
        shown: bool,
    ) -> Result<(), StoreError> {
        let object = ending(&standing.report.code);
        let step = Step::new(at, Action::LivingCodeLooked, &object);
        let step = if shown { step.because(&format!("第 {} 次", standing.looks)) } else { step.refused() };
        self.note_step(&standing.report.subject, actor, &step).await
    }
}

/// What a log tells of a code: enough for its subject to know which one, too little to look at it.
pub fn ending(code: &LivingCode) -> String {
    let code = code.compact();
    format!("…{}", code.get(code.len().saturating_sub(4)..).unwrap_or_default())
}

fn standing(item: &Item) -> Result<StandingLivingReport, StoreError> {
    let moment = |name: &'static str| {
        let time = item.text(name).map(str::parse).transpose();
        time.map_err(|_| damaged("a living code", format!("its {name} cannot be read")))
    };
    Ok(StandingLivingReport {
        report: item.body("a living code")?,
        looks: item.number(LOOKS).ok_or_else(|| damaged("a living code", "its looks cannot be read"))?,
        last_look: moment(LAST_LOOK)?,
        ended_at: moment(ENDED)?,
    })
}
