//! Marks that wait for their record: repairs, withdrawals and removals whose document number matches nothing yet. They are
//! listed with their unit until the record comes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::record::MarkedRecord;
use xinzheng_domain::{Effect, RecordId, RecordKind, UnitCode};

use crate::lane::Lane;
use crate::table::{BODY, Cancelled, Cursor, Item, Page, Put, lacks};
use crate::{Registry, StoreError, keys};

/// The most document numbers that are suggested.
const SUGGESTED: usize = 3;
/// How many characters of a document number may be other ones for it to be suggested.
const NEAR: usize = 2;
/// How often listing is tried while others write the record's item.
const ATTEMPTS: u32 = 20;

/// A mark that waits for its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingMark {
    /// The id that the record would have.
    pub record: RecordId,
    /// `repair`, `withdrawal` or `removal`.
    pub mark: String,
    /// The kind of record.
    pub kind: RecordKind,
    /// Its document number, as the row has it.
    pub document: String,
    /// When the row was stored.
    pub since: Timestamp,
    /// Document numbers of the subject's records that may be meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meant: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// The record has come in the meantime.
    Matched,
}

impl Registry {
    /// Lists a mark whose record is not there, unless it comes at this moment. One Query, one TransactWriteItems.
    pub(crate) async fn wait(
        &self,
        marked: &MarkedRecord<'_>,
        lane: Lane,
        item: &Item,
        stored_at: Timestamp,
    ) -> Result<Effect, StoreError> {
        debug_assert!(!item.has(BODY), "its record is there");
        let meant = self.meant(marked).await?;
        let waiting = WaitingMark {
            record: marked.id,
            mark: lane.body.to_owned(),
            kind: marked.kind,
            document: marked.of.to_string(),
            since: stored_at,
            meant: meant.clone(),
        };
        let listed = Put::at(&keys::waiting(marked.unit, &marked.id, lane.body)).body(&waiting, "a waiting mark")?;
        for _ in 0..ATTEMPTS {
            let transaction = self.transaction().put(listed.clone());
            let transaction = transaction.require(Failed::Matched, keys::record(&marked.id), lacks(BODY));
            match transaction.commit().await {
                Ok(()) => return Ok(Effect::Waiting { meant }),
                Err(Cancelled::Failed(_)) => return Ok(Effect::New),
                // Whoever writes the item at this moment may be its record.
                Err(Cancelled::Conflict) => {}
                Err(Cancelled::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Overtaken)
    }

    /// Takes the marks of a record that has come off their lists. A DeleteItem for each.
    pub(crate) async fn matched(&self, item: &Item) -> Result<(), StoreError> {
        for lane in Lane::MARKS {
            if let Some(marked) = item.json::<MarkedRecord<'static>>(lane.body, "a mark of a record")? {
                self.delete(&keys::waiting(marked.unit, &marked.id, lane.body)).await?;
            }
        }
        Ok(())
    }

    /// The document numbers of a subject's records that a mark may mean: those that are nearly the same first, then the same
    /// one of another kind or unit. One Query.
    async fn meant(&self, marked: &MarkedRecord<'_>) -> Result<Vec<String>, StoreError> {
        const READ: [&str; 4] = ["document", "kind", "subject", "unit"];
        let of: Vec<char> = String::from_utf8_lossy(&marked.of.key()).chars().collect();
        let subject = marked.subject.to_string();
        let items = self.query(keys::records_of(&marked.subject)).only(&READ).all().await?;
        let mut near: Vec<(usize, String)> = vec![];
        for item in items.iter().filter(|item| item.text("subject") == Some(&subject)) {
            let Some(document) = item.text("document") else { continue };
            let Ok(number) = xinzheng_domain::DocumentNumber::parse(document) else { continue };
            let other: Vec<char> = String::from_utf8_lossy(&number.key()).chars().collect();
            let kind = RecordKind::ALL.into_iter().find(|kind| Some(kind.code()) == item.text("kind"));
            match (distance(&of, &other), kind) {
                (0, Some(kind)) if kind != marked.kind => near.push((0, format!("{document}（{}）", kind.title()))),
                (0, _) => {
                    let unit = item.text("unit").and_then(UnitCode::parse).map(|unit| unit.name()).unwrap_or_default();
                    near.push((0, format!("{document}（{unit}）")));
                }
                (distance, _) if distance <= NEAR => near.push((distance, document.to_owned())),
                _ => {}
            }
        }
        near.sort();
        near.dedup();
        Ok(near.into_iter().take(SUGGESTED).map(|(_, document)| document).collect())
    }

    /// A page of the marks of a unit that wait for their records; behind `cursor` when it is given. One Query.
    pub async fn waiting_marks(
        &self,
        unit: UnitCode,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<WaitingMark>, StoreError> {
        self.query(keys::waiting_of(unit)).bodies(cursor, most, "a waiting mark").await
    }
}

/// How many characters have to be put in, left out or exchanged to make one text the other (Levenshtein); not looked at
/// further when the lengths differ by more than [`NEAR`].
fn distance(one: &[char], other: &[char]) -> usize {
    if one.len().abs_diff(other.len()) > NEAR {
        return NEAR + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, from) in (1..).zip(one) {
        let mut corner = place - 1;
        let mut left = place;
        let mut next = vec![place];
        for (to, &above) in other.iter().zip(row.iter().skip(1)) {
            let cost = (corner + usize::from(from != to)).min(above + 1).min(left + 1);
            next.push(cost);
            (corner, left) = (above, cost);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_numbers_are_told_from_others() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (one, other, expected) in [
            ("晋市监罚〔2024〕12号", "晋市监罚〔2024〕12号", 0),
            ("晋市监罚〔2024〕12号", "晋市监罚〔2024〕21号", 2),
            ("晋市监罚〔2024〕12号", "晋市监罚〔2024〕112号", 1),
            ("晋市监罚〔2024〕12号", "晋市监罚〔2023〕12号", 1),
            ("晋市监罚〔2024〕12号", "12号", 3),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(&chars(one), &chars(other)), expected, "{one} {other}");
        }
    }
}
