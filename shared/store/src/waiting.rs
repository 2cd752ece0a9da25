//! Marks that wait for their record: repairs, withdrawals and removals whose document number matches nothing yet. They are
//! listed with their unit until the record comes.

use jiff::Timestamp;
use xinzheng_domain::record::MarkedRecord;
use xinzheng_domain::record::waiting_mark::WaitingMark;
use xinzheng_domain::{Effect, RecordKind, UnitCode};

use crate::lane::Lane;
use crate::records::owner;
use crate::table::{BODY, Cancelled, Cursor, Item, Page, Put, Update, lacks, there};
use crate::{Registry, StoreError, keys};

/// The most document numbers that are suggested.
const SUGGESTED: usize = 3;
/// How many characters of a document number may be other ones for it to be suggested.
const NEAR: usize = 2;
/// How often listing is tried while others write the record's item.
const ATTEMPTS: u32 = 20;

/// The attribute of a listed mark that says why it does not count.
const WHY: &str = "without_force";

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
            mark: marked.mark.kind(),
            kind: marked.kind,
            document: marked.of.to_string(),
            since: stored_at,
            meant: meant.clone(),
            by: marked.mark.document().map(str::to_owned),
            date: marked.mark.date(),
            without_force: None,
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

    /// Takes the marks of a record that has come off their lists; those that do not count stay there, and say why. A DeleteItem or
    /// an UpdateItem for each.
    pub(crate) async fn matched(&self, item: &Item) -> Result<(), StoreError> {
        let Some(decided) = item.text("decided").and_then(keys::decided_on) else { return Ok(()) };
        for lane in Lane::MARKS {
            let Some(marked) = item.json::<MarkedRecord<'static>>(lane.body, "a mark of a record")? else { continue };
            let place = keys::waiting(marked.unit, &marked.id, lane.body);
            let owner = owner(item).filter(|owner| !marked.unit.may_change(*owner));
            let why = match owner {
                Some(owner) => Some(Effect::Conflict { owner }.reason()),
                None if marked.mark.date() < decided => Some(Effect::BeforeDecision { decided }.reason()),
                None => None,
            };
            match why {
                None => self.delete(&place).await?,
                Some(why) => {
                    // Only what is listed: a mark that never waited was told at once.
                    self.update(Update::at(place).text(WHY, why).when(there())).await?;
                }
            }
        }
        Ok(())
    }

    /// The document numbers of a subject's records that a mark may mean: the same one of another
    /// kind or unit first, then those that are nearly the same. One Query.
    async fn meant(&self, marked: &MarkedRecord<'_>) -> Result<Vec<String>, StoreError> {
        const READ: [&str; 4] = ["document", "kind", "subject", "unit"];
        let of: Vec<char> = String::from_utf8_lossy(&marked.of.key()).chars().collect();
        let subject = marked.subject.to_string();
        let items = self.query(keys::dossier(&marked.subject)).only(&READ).all().await?;
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
        let page = self.query(keys::waiting_of(unit)).page(cursor, most).await?;
        page.try_map(|item| {
            let mark: WaitingMark = item.body("a waiting mark")?;
            Ok(WaitingMark { without_force: item.text(WHY).map(str::to_owned), ..mark })
        })
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
