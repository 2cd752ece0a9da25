//! The sample set: the planned files, made and written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use xinzheng_domain::{Amount, Manifest, TableId, UploadKey};

use crate::day::Today;
use crate::declarations::{self, Decisions};
use crate::docket::Docket;
use crate::file_plan::Earlier;
use crate::layout::Format;
use crate::plan::FILES;
use crate::row::Row;
use crate::{
    SampleError, abnormal_operations, coercions, delimited, judgments, listings, penalties, register, repairs, workbook,
};

/// One file as a unit uploads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFile {
    /// Where it lies: `uploads/<unit>/<table>/<date>/<file>`.
    pub key: UploadKey,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What the units send of themselves on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleSet {
    /// The files, sorted by key.
    pub files: Vec<SampleFile>,
    /// What units declare that they decided: some of it balances, some does not.
    pub manifests: Vec<Manifest<'static>>,
}

/// The sample as it is sent on `day`; the same bytes for the same day.
///
/// Over a dozen units send about three hundred rows, some late, some in time, some wrong on purpose, of the forty
/// [`subjects`](crate::subjects) and a few natural persons. `tests/acceptance.rs` lists every fault.
pub fn sample_set(day: Date) -> Result<SampleSet, SampleError> {
    let today = Today::new(day)?;
    let mut made: BTreeMap<&str, (TableId, Vec<Row>)> = BTreeMap::new();
    let (mut files, mut decisions) = (vec![], Decisions::default());
    for plan in &FILES {
        let key = plan.key_on(today)?;
        let mut docket = Docket::open(plan, &key, today)?;
        let rows = rows(&mut docket, &made, today)?;
        let faulty: Vec<Row> = (1..).zip(&rows).map(|(number, row)| with_faults(plan.faults, number, row)).collect();
        let grid = plan.layout.grid(key.table.standard(), &faulty, key.date)?;
        let bytes = match plan.layout.format {
            Format::Xlsx => workbook::bytes(&grid, &plan.layout, key.date)?,
            _ => delimited::bytes(&grid, &plan.layout)?,
        };
        // A file without a column that must be there is refused as a whole.
        let is_refused = plan.layout.forgotten.is_some();
        for (number, row) in (1..).zip(&rows) {
            let is_returned = is_refused || plan.faults.iter().any(|fault| fault.row == number);
            decisions.note(key.unit, key.table, row, is_returned);
        }
        made.insert(plan.key, (key.table, rows));
        files.push(SampleFile { key, bytes });
    }
    files.sort_by_key(|file| file.key.to_string());
    Ok(SampleSet { files, manifests: declarations::manifests(&decisions, today)? })
}

/// Writes the files of a day's sample to `out/<unit>/<table>/<date>/<file>` and returns the paths, sorted by key.
pub fn write_sample_set(out: &Path, day: Date) -> Result<Vec<PathBuf>, SampleError> {
    let written = sample_set(day)?.files.into_iter().map(|file| {
        let SampleFile { key, bytes } = file;
        let folder = out.join(key.unit.to_string()).join(key.table.code()).join(key.date.to_string());
        fs::create_dir_all(&folder).map_err(SampleError::write(&folder))?;
        let path = folder.join(&key.file);
        fs::write(&path, bytes).map_err(SampleError::write(&path))?;
        Ok(path)
    });
    written.collect()
}

fn rows(
    docket: &mut Docket,
    made: &BTreeMap<&str, (TableId, Vec<Row>)>,
    today: Today,
) -> Result<Vec<Row>, SampleError> {
    let plan = docket.plan;
    if docket.table == TableId::Subject {
        return register::rows(docket);
    }
    let mut rows = vec![];
    for (number, earlier) in (1..).zip(plan.earlier) {
        let found =
            made.get(earlier.key).and_then(|(table, rows)| Some((*table, rows.get(earlier.row.checked_sub(1)?)?)));
        let (table, row) =
            found.ok_or_else(|| SampleError::NotWhole(format!("{}: no row {}", earlier.key, earlier.row)))?;
        rows.push(match docket.table {
            TableId::Repair => repairs::row(docket, number, (table, row))?,
            _ => taken_over(earlier, row),
        });
    }
    for number in rows.len() + 1..=plan.rows {
        let row = match docket.table {
            TableId::Penalty => penalties::row(docket, number)?,
            TableId::Coercion => coercions::row(docket, number)?,
            TableId::SeriousDishonesty => listings::row(docket, number)?,
            TableId::AbnormalOperation => abnormal_operations::row(docket, number)?,
            TableId::Judgment => judgments::row(docket, number)?,
            table => return Err(SampleError::NotWhole(format!("{table} has no rows of its own"))),
        };
        rows.push(if plan.lasting.is_some() { lasting(docket.table, &row, today) } else { row });
    }
    Ok(rows)
}

/// A row whose measure has not ended.
fn lasting(table: TableId, row: &Row, today: Today) -> Row {
    let row = row.clone().without("removed").without("removal_cause").without("lifted");
    if table != TableId::Penalty {
        return row;
    }
    row.text("categories", "限制从业")
        .without("fine")
        .without("confiscated")
        .without("licence")
        .without("published_until")
        .text("content", "在法定期限内不得从事虚构的生产经营活动。")
        .day("valid_until", today.moved(date(2027, 5, 31)))
}

/// The same row again, or with a corrected decision under the same document number.
fn taken_over(earlier: &Earlier, row: &Row) -> Row {
    let row = row.clone();
    if !earlier.corrected {
        return row;
    }
    row.text("categories", "罚款")
        .without("confiscated")
        .without("licence")
        .money("fine", Amount::from_fen(300_000))
        .text("content", "责令改正；处以罚款0.3万元。")
        .text("remarks", "更正：原报送的处罚内容有误，以本条为准（虚构）")
}

fn with_faults(faults: &[crate::faults::Fault], number: usize, row: &Row) -> Row {
    faults.iter().filter(|fault| fault.row == number).fold(row.clone(), |row, fault| fault.apply(row))
}
