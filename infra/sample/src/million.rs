//! One big file of penalties, streamed, for trying out how long a million rows take.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use csv::{Terminator, Writer, WriterBuilder};
use fastrand::Rng;
use jiff::Span;
use jiff::civil::{Date, date};
use xinzheng_domain::identity::subject::RegisterType;
use xinzheng_domain::record::table::Column;
use xinzheng_domain::{Amount, Division, TableId, UnitCode, Uscc};

use crate::SampleError;
use crate::authority::Authority;
use crate::subjects::compose;
use crate::wording::{self, PenaltyWording};

const UNIT: &str = "market-supervision";
const FILED: &str = "2025-07-01";
const FIRST: Date = date(2022, 8, 1);
/// Decisions are of the days from [`FIRST`] on: to 2025-06-30.
const DAYS: i32 = 1064;
/// How many rows there are for each subject, and the most subjects.
const ROWS_A_SUBJECT: u64 = 20;
const MOST_SUBJECTS: u64 = 50_000;
const PROGRESS_EVERY: u64 = 10_000;

/// Writes `rows` penalties to `out/uploads/market-supervision/penalty/2025-07-01/penalty.csv` and the register of
/// their subjects to `out/uploads/market-supervision/subject/2025-07-01/subject.csv`; returns the first path.
///
/// Rows are streamed: memory does not grow with their number. The same `rows`, `seed` and `faults_per_thousand` give
/// the same bytes. About `faults_per_thousand` of a thousand rows have one fault that intake rejects, the others none.
/// `progress` gets the number of rows done now and then and at the end.
pub fn write_rows(
    out: &Path,
    rows: u64,
    seed: u64,
    faults_per_thousand: u32,
    progress: &mut dyn FnMut(u64),
) -> Result<PathBuf, SampleError> {
    let unit = UnitCode::parse(UNIT).ok_or_else(|| SampleError::NotWhole(format!("no unit {UNIT}")))?;
    let wording = wording::of_unit(UNIT).ok_or_else(|| SampleError::NotWhole(format!("units.json lacks {UNIT}")))?;
    let authority = Authority::of(unit)?;
    let subjects = (rows / ROWS_A_SUBJECT).clamp(1, MOST_SUBJECTS);

    let (_, mut register) = table(out, TableId::Subject)?;
    for index in 0..subjects {
        let subject = Subject::numbered(index)?;
        for column in &TableId::Subject.standard().columns {
            register.write_field(subject.register_cell(column, &authority))?;
        }
        register.write_record(None::<&[u8]>)?;
    }
    register.flush().map_err(csv::Error::from)?;

    let (path, mut penalties) = table(out, TableId::Penalty)?;
    let mut rng = Rng::with_seed(seed);
    for number in 1..=rows {
        let subject = Subject::numbered(rng.u64(0..subjects))?;
        let fault = (rng.u32(0..1000) < faults_per_thousand).then(|| rng.choice(FAULTS)).flatten();
        let penalty = Penalty {
            number,
            decided: FIRST.saturating_add(Span::new().days(rng.i32(0..DAYS))),
            fine: Amount::from_fen(rng.i64(5..=2000) * 10_000),
            wording: rng.choice(&wording.penalties),
            subject,
            authority: &authority,
        };
        for column in &TableId::Penalty.standard().columns {
            match fault {
                Some((field, wrong)) if *field == *column.field.name() => penalties.write_field(wrong)?,
                _ => penalties.write_field(penalty.cell(column))?,
            }
        }
        penalties.write_record(None::<&[u8]>)?;
        if number % PROGRESS_EVERY == 0 {
            progress(number);
        }
    }
    penalties.flush().map_err(csv::Error::from)?;
    progress(rows);
    Ok(path)
}

/// A field and what a faulty row has there.
const FAULTS: [(&str, &str); 6] = [
    ("uscc", "91140403XN0000000O"),
    ("decided", "7/1/2025"),
    ("decided", "2022-07-15"),
    ("fine", "一万元"),
    ("facts", ""),
    ("domain", "税务"),
];

/// A new file of a table with its header written.
fn table(out: &Path, table: TableId) -> Result<(PathBuf, Writer<BufWriter<File>>), SampleError> {
    let folder = out.join("uploads").join(UNIT).join(table.code()).join(FILED);
    fs::create_dir_all(&folder).map_err(SampleError::write(&folder))?;
    let path = folder.join(format!("{table}.csv"));
    let file = File::create(&path).map_err(SampleError::write(&path))?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(BufWriter::new(file));
    writer.write_record(table.standard().columns.iter().map(|column| &column.header))?;
    Ok((path, writer))
}

/// A subject that follows from its number alone, so that none has to be remembered.
struct Subject {
    number: u64,
    uscc: Uscc,
    division: Division,
}

impl Subject {
    fn numbered(index: u64) -> Result<Self, SampleError> {
        let counties = Division::all().filter(|division| division.code() > "140401");
        let division = usize::try_from(index % 12).ok().and_then(|place| counties.into_iter().nth(place));
        let number = index + 1;
        division
            .and_then(|division| {
                let uscc = compose(RegisterType::Enterprise, division.code(), &format!("XM{number:06}"))?;
                Some(Self { number, uscc, division })
            })
            .ok_or_else(|| SampleError::NotWhole(format!("no code for subject {number}")))
    }

    fn name(&self) -> String {
        format!("{}虚构{:06}号有限公司", self.division.name(), self.number)
    }

    fn register_cell(&self, column: &Column, authority: &Authority) -> String {
        match column.field.name() {
            "name" => self.name(),
            "uscc" => self.uscc.to_string(),
            "register_type" => RegisterType::Enterprise.title().to_owned(),
            "legal_representative" => "甲某".to_owned(),
            "authority" => authority.name.clone(),
            "division" => self.division.code().to_owned(),
            "established" => "2015-06-01".to_owned(),
            "status" => "存续".to_owned(),
            _ => String::new(),
        }
    }
}

struct Penalty<'a> {
    number: u64,
    decided: Date,
    fine: Option<Amount>,
    wording: Option<&'static PenaltyWording>,
    subject: Subject,
    authority: &'a Authority,
}

impl Penalty<'_> {
    fn cell(&self, column: &Column) -> String {
        let said = |part: fn(&PenaltyWording) -> &str| self.wording.map_or_else(String::new, |w| part(w).to_owned());
        let fine = || self.fine.map_or_else(String::new, |fine| fine.to_string());
        match column.field.name() {
            "name" => self.subject.name(),
            "subject_type" => "法人及非法人组织".to_owned(),
            "uscc" => self.subject.uscc.to_string(),
            "legal_representative" => "甲某".to_owned(),
            "document" => format!("晋虚市监罚〔{}〕{}号", self.decided.year(), self.number),
            "violation" => said(|wording| &wording.violation),
            "facts" => format!(
                "经查，{}在{}虚构街{}号有以下行为：{}。执法人员制作了现场检查笔录并拍摄照片，当事人对上述事实无异议，并主动提交了整改材料。",
                self.subject.name(),
                self.subject.division.name(),
                self.number % 997 + 1,
                said(|wording| &wording.fact),
            ),
            "basis" => said(|wording| &wording.basis),
            "categories" => "罚款".to_owned(),
            "content" => format!("责令改正；处以罚款{}万元。", fine()),
            "fine" => fine(),
            "decided" => self.decided.to_string(),
            "authority" | "source_unit" => self.authority.name.clone(),
            "authority_uscc" | "source_unit_uscc" => self.authority.uscc.to_string(),
            "simplified" => "否".to_owned(),
            "domain" => said(|wording| wording.domain.as_deref().unwrap_or_default()),
            _ => String::new(),
        }
    }
}
