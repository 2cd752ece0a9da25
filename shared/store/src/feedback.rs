//! Feedback, its open list, and what is published of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use xinzheng_domain::VerificationCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::feedback::Feedback;

use crate::audit::{Actor, AuditOf, Step};
use crate::grants::ending;
use crate::idempotency::kept_answer;
use crate::keys::{self, FeedbackList};
use crate::table::{Committed, Cursor, Page, Put, Update, lacks, there};
use crate::{Registry, StoreError};

/// What was noted of open feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// That it is due soon.
    pub reminded: bool,
    /// That it is late.
    pub escalated: bool,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// There is feedback of this code.
    Taken,
    /// It was answered, or noted, before.
    Done,
    /// It is in the audit already.
    Noted,
}

impl Registry {
    /// Files feedback. One TransactWriteItems, with the open list and the platform's audit.
    pub async fn file_feedback(&self, feedback: &Feedback, actor: &Actor) -> Result<(), StoreError> {
        let case = Put::new_at(&keys::feedback(&feedback.code)).body(feedback, WHAT)?;
        let open = Put::at(&FeedbackList::Open.place(feedback.at, feedback)).body(feedback, WHAT)?;
        let object = ending(&feedback.code);
        let event = json!({ "feedback": object, "kind": feedback.kind });
        let step = Step::new(feedback.at, Action::FeedbackReceived, &object).event(event);
        let entry = self.entry(&AuditOf::Platform, actor, &step);
        let transaction = self.transaction().put_when(Failed::Taken, case).put(open);
        let transaction = transaction.put_when(Failed::Noted, entry).answers(kept_answer(actor));
        transaction.commit_or_overtaken().await?;
        Ok(())
    }

    /// Files an answer, once. One TransactWriteItems: the case, the lists, the platform's audit.
    pub async fn answer_feedback(
        &self,
        answered: &Feedback,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let case = Put::at(&keys::feedback(&answered.code)).body(answered, WHAT)?.instant("answered_at", at);
        let object = ending(&answered.code);
        let event = json!({ "feedback": object, "kind": answered.kind });
        let step = Step::new(at, Action::FeedbackAnswered, &object).event(event);
        let mut transaction = self
            .transaction()
            .put_when(Failed::Done, case.when(there().and(lacks("answered_at"))))
            .delete(FeedbackList::Open.place(answered.at, answered))
            .put_all_when(Failed::Noted, self.entries(None, actor, &step))
            .answers(kept_answer(actor));
        if answered.reply.as_ref().is_some_and(|reply| reply.published) {
            transaction = transaction.put(Put::at(&FeedbackList::Published.place(at, answered)).body(answered, WHAT)?);
        }
        transaction.commit_or_overtaken().await
    }

    /// A page of open feedback, oldest first, each with whether it was reminded of and escalated; behind `cursor` when it is
    /// given. One Query.
    pub async fn open_feedback(
        &self,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<(Feedback, Noted)>, StoreError> {
        self.query(FeedbackList::Open.all()).page(cursor, most).await?.try_map(|item| {
            let noted = Noted { reminded: item.has("reminded_at"), escalated: item.has("escalated_at") };
            Ok((item.body(WHAT)?, noted))
        })
    }

    /// Notes, once, that open feedback is due soon, or `late`. One TransactWriteItems; `Overtaken` when that was noted, or it
    /// was answered.
    pub async fn note_feedback(
        &self,
        feedback: &Feedback,
        late: bool,
        due: Date,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let (attribute, action) =
            if late { ("escalated_at", Action::FeedbackOverdue) } else { ("reminded_at", Action::FeedbackDueSoon) };
        let noted = Update::at(FeedbackList::Open.place(feedback.at, feedback))
            .instant(attribute, at)
            .when(there().and(lacks(attribute)));
        let object = ending(&feedback.code);
        let event = json!({ "feedback": object, "kind": feedback.kind, "due": due });
        let entry = self.entry(&AuditOf::Platform, actor, &Step::new(at, action, &object).event(event));
        let transaction = self.transaction().update_when(Failed::Done, noted).put_when(Failed::Noted, entry);
        transaction.commit_or_overtaken().await
    }

    /// Feedback by its tracking code. One GetItem.
    pub async fn feedback(&self, code: &VerificationCode) -> Result<Option<Feedback>, StoreError> {
        self.get(keys::feedback(code)).parsed(WHAT).await
    }

    /// A page of feedback: what is open, oldest first, or what is published, newest first. One Query.
    pub async fn feedback_list(
        &self,
        published: bool,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<Feedback>, StoreError> {
        let query = if published {
            self.query(FeedbackList::Published.all()).newest_first()
        } else {
            self.query(FeedbackList::Open.all())
        };
        query.bodies(cursor, most, WHAT).await
    }
}

const WHAT: &str = "feedback";
