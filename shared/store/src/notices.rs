//! Notices: a partition for each recipient, numbered in the order in which they were given, so that whoever goes on behind a
//! number misses none. A cause told again makes no second notice. They expire.

use jiff::Timestamp;
use xinzheng_domain::VerificationCode;
use xinzheng_domain::case::notice::{Concerns, KEPT_DAYS, Notice, Recipient};
use xinzheng_domain::report::ContentDigest;

use crate::grants::ending;
use crate::table::{
    Cancelled, Cursor, Item, List, Page, Put, Update, Written, above, below, count, cursor_behind, damaged, is, lacks,
    there,
};
use crate::{Registry, StoreError, keys};

const WHAT: &str = "a notice";
/// The attributes of how far a recipient's notices have come: the number of the last, and of the last that was seen.
const LAST: &str = "last";
const SEEN: &str = "seen";
/// How often a number is tried to be had when others give the same recipient notices at the same time.
const MOST_TRIES: usize = 16;

/// What giving a notice asks of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// The number was taken meanwhile.
    Number,
    /// It was given before.
    Given,
}

/// A notice with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedNotice {
    /// Its number among its recipient's, from 1.
    pub number: u64,
    /// The notice.
    pub notice: Notice,
}

/// How far a recipient's notices have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoticeCount {
    /// The number of the last that was given; 0 before there is one.
    pub last: u64,
    /// The number of the last that was seen; 0 before one was.
    pub seen: u64,
}

impl From<&Item> for NoticeCount {
    fn from(item: &Item) -> Self {
        let number = |name| item.number(name).unwrap_or(0);
        Self { last: number(LAST), seen: number(SEEN) }
    }
}

/// What names a grant to whoever holds its code, and to nobody else.
pub fn of_grant(code: &VerificationCode) -> Concerns {
    Concerns {
        grant: Some(ending(code)),
        grant_sha256: Some(ContentDigest::of(code.compact().as_bytes())),
        ..Concerns::default()
    }
}

impl Registry {
    /// Gives a recipient a notice, once; `false` when it was given before. One BatchGetItem, and one TransactWriteItems when it
    /// is new; both again when another was given at the same time.
    pub async fn give_notice(&self, to: &Recipient, notice: &Notice, now: Timestamp) -> Result<bool, StoreError> {
        let (counted, given) = (keys::notice_count(to), keys::given_notice(to, &notice.id));
        let expires_at = now.as_second() + KEPT_DAYS * 24 * 3600;
        for _ in 0..MOST_TRIES {
            let found = self.get_all(&[counted.clone(), given.clone()]).await?;
            if found.iter().any(|item| item.is_at(&given)) {
                return Ok(false);
            }
            let known = found.iter().find(|item| item.is_at(&counted)).map(NoticeCount::from).unwrap_or_default();
            let number = known.last + 1;
            let unchanged = if known.last == 0 { lacks(LAST) } else { is(LAST, count(known.last)) };
            let transaction = self
                .transaction()
                .update_when(Failed::Number, Update::at(counted.clone()).count(LAST, number).when(unchanged))
                .put_when(Failed::Given, Put::new_at(&given).count("expires_at", expires_at))
                .put(Put::at(&keys::notice(to, number)).body(notice, WHAT)?.count("expires_at", expires_at));
            match transaction.commit().await {
                Ok(()) => return Ok(true),
                Err(Cancelled::Failed(failed)) if failed.contains(&Failed::Given) => return Ok(false),
                Err(Cancelled::Failed(_) | Cancelled::Conflict) => {}
                Err(Cancelled::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Overtaken)
    }

    /// A page of a recipient's notices, newest first; behind `cursor` when it is given. One Query.
    pub async fn newest_notices(
        &self,
        of: &Recipient,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<NumberedNotice>, StoreError> {
        self.query(keys::notices_of(of)).newest_first().consistent().page(cursor, most).await?.try_map(numbered)
    }

    /// A page of a recipient's notices, oldest first; behind `cursor` when it is given. Its `next` is there also on the last page,
    /// and goes on with what is given later; none before there is a notice. One Query.
    pub async fn next_notices(
        &self,
        of: &Recipient,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<NumberedNotice>, StoreError> {
        let list: List = keys::notices_of(of);
        let page = self.query(list.clone()).consistent().page(cursor, most).await?;
        let next = page.items.last().map(|last| cursor_behind(&list, last)).or_else(|| cursor.cloned());
        Page { next, ..page }.try_map(numbered)
    }

    /// How far a recipient's notices have come. One GetItem.
    pub async fn notice_count(&self, of: &Recipient) -> Result<NoticeCount, StoreError> {
        Ok(self.get(keys::notice_count(of)).item().await?.as_ref().map(NoticeCount::from).unwrap_or_default())
    }

    /// Notes that a recipient has seen its notices up to a number. Nothing changes when it has seen them already, or there is none
    /// of that number. One UpdateItem.
    pub async fn see_notices(&self, of: &Recipient, through: u64) -> Result<NoticeCount, StoreError> {
        let further = lacks(SEEN).or(below(SEEN, count(through)));
        let given = above(LAST, count(through.saturating_sub(1)));
        let seen = Update::at(keys::notice_count(of)).count(SEEN, through).when(there().and(given).and(further));
        let (Written::Done(item) | Written::Refused(item)) = self.update(seen).await?;
        Ok(NoticeCount::from(&item))
    }
}

fn numbered(item: Item) -> Result<NumberedNotice, StoreError> {
    let number = keys::notice_number(&item).ok_or_else(|| damaged(WHAT, "it has no number"))?;
    Ok(NumberedNotice { number, notice: item.body(WHAT)? })
}
