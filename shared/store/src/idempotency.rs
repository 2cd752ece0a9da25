//! Answers that are kept by the key that their request came with, so that a request that is sent again is not carried out
//! again. The answer to what a transaction did is put in that transaction ([`kept_answer`]): killed at any moment, a request
//! is done and answered, or neither.

use jiff::Timestamp;

use crate::audit::Actor;
use crate::table::{Condition, Item, Put, Update, Written, below, count, is, lacks, nothing_there, text, there};
use crate::{Registry, StoreError, keys};

/// Seconds that an answer is kept.
const KEPT: i64 = 24 * 3600;
/// Seconds after which a request that left no answer counts as broken off: longer than a function may run.
const PATIENCE: i64 = 60;

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Nothing: carry it out.
    New,
    /// It is being carried out.
    Running,
    /// It was carried out, with this answer.
    Answered(String),
    /// Its key came with another request.
    Other,
}

impl Registry {
    /// Claims a request: `key` is a hash of who sent it, where, and its key, `content` one of what it says. One PutItem.
    pub async fn claim_request(&self, key: &str, content: &str, at: Timestamp) -> Result<Claimed, StoreError> {
        let now = at.as_second();
        // Expired items may stay for days, and one that was broken off may be claimed again.
        let broken_off =
            lacks("answer").and(below("claimed_at", count(now - PATIENCE))).and(is("content", text(content)));
        let free = nothing_there().or(below("expires_at", count(now))).or(broken_off);
        let claim = Put::at(&keys::request(key))
            .text("content", content)
            .count("claimed_at", now)
            .count("expires_at", now + KEPT)
            .when(free);
        Ok(match self.put(claim).await? {
            Written::Done(_) => Claimed::New,
            Written::Refused(known) => claimed(&known, content),
        })
    }

    /// Keeps the answer of a claimed request that did nothing, or nothing that may not be done twice: where an answer is
    /// kept already, that one stays. One UpdateItem.
    pub async fn keep_answer(&self, key: &str, answer: &str) -> Result<(), StoreError> {
        self.update(keep(key, answer)).await?;
        Ok(())
    }

    /// Gives a claim back that came to nothing: the request may be sent again at once, as one that was broken off. One
    /// UpdateItem.
    pub async fn release_request(&self, key: &str) -> Result<(), StoreError> {
        self.update(Update::at(keys::request(key)).count("claimed_at", 0).when(unanswered())).await?;
        Ok(())
    }
}

/// The answer that an actor's work keeps, for the transaction that does the work.
pub(crate) fn kept_answer(actor: &Actor) -> Option<Update> {
    Some(keep(actor.request.as_deref()?, actor.answer.as_deref()?))
}

fn keep(key: &str, answer: &str) -> Update {
    Update::at(keys::request(key)).text("answer", answer).when(unanswered())
}

fn unanswered() -> Condition {
    there().and(lacks("answer"))
}

fn claimed(known: &Item, content: &str) -> Claimed {
    match (known.text("content"), known.text("answer")) {
        (Some(other), _) if other != content => Claimed::Other,
        (_, Some(answer)) => Claimed::Answered(answer.to_owned()),
        _ => Claimed::Running,
    }
}
