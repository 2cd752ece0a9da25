//! The checks of a row: each cell by its column's type, then what the columns say together.

use std::borrow::Cow;

use jiff::civil::Date;
use xinzheng_domain::citizen_id::{mask, mask_within};
use xinzheng_domain::in_force::{End, InForce, is_lasting};
use xinzheng_domain::period::SCOPE_START;
use xinzheng_domain::table::{Column, Requirement, SharingStandard, Table, ValueType};
use xinzheng_domain::{
    Amount, CitizenId, Division, DocumentNumber, DomainId, Entry, Field, RecordKind, SubjectId, Uscc,
};

use crate::amount::{self, AmountFault, AmountUnit};
use crate::assembly;
use crate::cell::Cell;
use crate::character::half_width;
use crate::cleaning::{clean_code, clean_text, masked};
use crate::codes::Codes;
use crate::date::{self, Epoch};
use crate::header::{Header, Place};
use crate::merge::Merge;
use crate::normalisation::Normalisation;
use crate::number::EXACT;
use crate::number_form::NumberForm;
use crate::placeholder::{Placeholder, placeholder};
use crate::reference::column_letters;
use crate::rejection::{Rejection, RejectionCode, shown};
use crate::remembered::Remembered;
use crate::row::{Row, RowFault};
use crate::sender::Sender;
use crate::sums::{self, Compared};

/// The identity document of a natural person, already hashed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PersonIdentity {
    pub(crate) id: SubjectId,
    pub(crate) masked: String,
}

/// The value of a cell after its check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'r> {
    Blank,
    /// The cell is faulty; its rejection is written.
    Faulty,
    Text(Cow<'r, str>),
    Uscc(Uscc),
    /// An identity number before its document type is known.
    IdNumber(Cow<'r, str>),
    Date(Date),
    Amount(Amount),
    Code(&'static str),
    Codes(Codes),
    Flag(bool),
    Domain(DomainId),
    Division(Division),
    Document(DocumentNumber<'r>),
    Documents(Vec<DocumentNumber<'r>>),
    List(&'static str),
    Count(u64),
}

/// The checks of one file's rows.
pub(crate) struct Checker<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) table: &'static Table,
    pub(crate) header: &'a Header,
    /// The worksheet, when it is not the first that is read.
    pub(crate) sheet: Option<&'a str>,
    /// The worksheet's merged cells.
    pub(crate) merges: &'a [Merge],
    /// For each column of the table, what stood in it last.
    pub(crate) remembered: &'a [Remembered],
}

/// What the checks found in a row so far.
pub(crate) struct Findings<'c> {
    row: u64,
    sheet: Option<&'c str>,
    rejections: Vec<Rejection>,
    notes: &'c mut Notes,
}

/// What is told of a row although it is no fault.
#[derive(Default)]
pub(crate) struct Notes {
    /// Column indexes of the table, and what was normalised in them.
    pub(crate) normalised: Vec<(usize, Normalisation)>,
    /// True when the decision's text names sums, none of which is the fine.
    pub(crate) amount_unlike_text: bool,
}

impl Findings<'_> {
    fn reject(
        &mut self,
        column: At<'_>,
        value: &str,
        code: RejectionCode,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.rejections.push(rejection((self.row, self.sheet), column, value, code, reason, hint));
    }

    /// The faults found, and one of the whole row.
    fn with_row(
        mut self,
        row: &Row<'_>,
        code: RejectionCode,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Vec<Rejection> {
        self.reject(ROW, &row.cell(0).display(), code, reason, hint);
        self.rejections
    }
}

/// A rejection of what stands in a row of a sheet, identity numbers in it hidden.
fn rejection(
    (row, sheet): (u64, Option<&str>),
    column: At<'_>,
    value: &str,
    code: RejectionCode,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> Rejection {
    Rejection {
        row,
        sheet: sheet.map(str::to_owned),
        cell: column.cell,
        column: column.header.to_owned(),
        value: mask_within(value).map_or_else(|| shown(value), |masked| shown(&masked)),
        code,
        reason: hidden(reason.into()),
        hint: hidden(hint.into()),
    }
}

/// What a rejection says, which may quote the cell, without identity numbers.
fn hidden(text: String) -> String {
    mask_within(&text).unwrap_or(text)
}

/// The column that a fault is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'h> {
    header: &'h str,
    cell: Option<usize>,
}

/// The whole row.
const ROW: At<'static> = At { header: "", cell: None };

impl<'h> From<&'h Place> for At<'h> {
    fn from(place: &'h Place) -> Self {
        Self { header: &place.written, cell: Some(place.index) }
    }
}

const ID_CARD: &str = "身份证";

impl<'a> Checker<'a> {
    /// Checks a row that is not blank: an entry, or every fault found in it.
    pub(crate) fn check<'r>(&self, row: &Row<'r>, notes: &mut Notes) -> Result<Entry<'r>, Vec<Rejection>> {
        let mut findings = Findings { row: row.number, sheet: self.sheet, rejections: vec![], notes };
        if let Some(fault) = row.fault {
            let (code, reason, hint) = unreadable(fault);
            return Err(findings.with_row(row, code, reason, hint));
        }
        if let Some(refusal) = &self.header.refusal {
            let hint = "请把该表头的列名改为归集标准的名称，或把其下各行移到第一个表头之下";
            let reason = format!("该行上方的表头不能用：{refusal}");
            return Err(findings.with_row(row, RejectionCode::HeaderMissing, reason, hint));
        }
        let width = self.header.width();
        if row.joins_rows(width) {
            let (code, reason, hint) = unreadable(RowFault::QuoteUnclosed);
            return Err(findings.with_row(row, code, reason, hint));
        }
        let unnamed = |index: &&usize| !(row.cell(**index).is_blank() || self.is_number_of_row(row, **index));
        let unnamed = self.header.unnamed.iter().find(unnamed).map(|&index| (index, row.cell(index)));
        let left = self.header.beyond.iter().map(|&index| (index, row.cell(index))).find(|(_, cell)| !cell.is_blank());
        if let Some((index, cell)) = left.or(unnamed).or_else(|| row.beyond(width, &self.header.cells)) {
            let reason = format!("该行有超出表头{width}列的内容");
            let hint = "请检查是否有未加引号的分隔符，或删除表头以外的内容";
            let at = At { header: "", cell: Some(index) };
            findings.reject(at, &cell.display(), RejectionCode::RowShape, reason, hint);
        }
        if row.is_delimited() && row.len() * 2 < self.header.last_mandatory {
            let reason = format!("该行只有{}列，表头有{width}列", row.len());
            let hint = "请检查该行是否被换行拆开，或缺少分隔符";
            return Err(findings.with_row(row, RejectionCode::RowShape, reason, hint));
        }
        let values = [const { Value::Blank }; WIDEST];
        let mut fields = Fields { checker: self, row: row.number, values };
        let columns = self.table.columns.iter().zip(&self.header.places).zip(self.remembered).enumerate();
        for ((index, ((column, place), remembered)), value) in columns.zip(&mut fields.values) {
            let Some(place) = place else { continue };
            *value = match row.plain_text(place.index) {
                Some("") => continue,
                Some(text) => match remembered.value(text) {
                    Some(known) => known,
                    None => self.new_text(index, column, place, text, row, &mut findings),
                },
                None => self.value(index, column, place, row, &mut findings),
            };
        }
        for (index, place) in &self.header.further {
            self.further(*index, place, row, &mut fields.values, &mut findings);
        }
        fields.settle_domain();
        fields.settle_subject_type(&mut findings);
        fields.require(&mut findings);
        let identity = fields.identity(&mut findings);
        fields.check_dates(&mut findings);
        fields.check_fine(&mut findings);
        fields.check_target(&mut findings);
        fields.check_manifest(&mut findings);
        if findings.rejections.is_empty()
            && let Some(entry) = assembly::entry(&mut fields, identity)
        {
            return Ok(entry);
        }
        if findings.rejections.is_empty() {
            // Every fault has been named above; this keeps a row from ever vanishing should a rule be forgotten.
            findings.reject(ROW, "", RejectionCode::ValueUnreadable, "该行无法组成完整记录", "请对照归集标准检查该行");
        }
        Err(findings.rejections)
    }

    /// True for a short number in front of the first known column: rows are numbered there, often without a header.
    fn is_number_of_row(&self, row: &Row<'_>, index: usize) -> bool {
        let first = self.header.places.iter().flatten().map(|place| place.index).min();
        let text = row.cell(index).display().into_owned();
        first.is_some_and(|first| index < first) && text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The fault of a row about whose record an earlier one says something else.
    pub(crate) fn twice(&self, row: &Row<'_>, entry: &Entry<'_>, earlier: &str) -> Rejection {
        let (field, value, same) = match entry {
            Entry::Record(record) => (Field::Document, record.document.to_string(), "同一当事人的同一文号"),
            Entry::Mark(marked) => (Field::Document, marked.of.to_string(), "同一记录"),
            Entry::Subject(profile) => (Field::Uscc, profile.uscc.to_string(), "同一主体"),
            Entry::Manifest(manifest) => (Field::Kind, manifest.kind.title().to_owned(), "同一类别、同一期间"),
        };
        let place = self.table.index_of(field).and_then(|index| self.header.places.get(index)?.as_ref());
        rejection(
            (row.number, self.sheet),
            place.map_or(ROW, At::from),
            &value,
            RejectionCode::RecordTwice,
            format!("与{earlier}是{same}，内容却不同；{earlier}已接收"),
            format!("请核对这两行：确为一件的，合并为一行；{earlier}有误的，改正后重新报送该行"),
        )
    }

    fn value<'r>(
        &self,
        index: usize,
        column: &Column,
        place: &Place,
        row: &Row<'r>,
        findings: &mut Findings<'_>,
    ) -> Value<'r> {
        let header = At::from(place);
        let cell = row.cell(place.index);
        match cell {
            Cell::Undecodable(text) => {
                let reason = "该单元格含有无法按文件编码解读的字节，或在上传前已成乱码";
                findings.reject(
                    header,
                    text,
                    RejectionCode::Undecodable,
                    reason,
                    "请改正乱码，并另存为 UTF-8 编码后重新上传",
                );
                Value::Faulty
            }
            Cell::Fault(error) => {
                let reason = format!("单元格的公式出错（{error}）");
                findings.reject(header, &error, RejectionCode::ValueUnreadable, reason, "请把公式改为它的值");
                Value::Faulty
            }
            Cell::NoValue => {
                let hint = "请用 Excel 或 WPS 打开该文件，计算后保存，再上传";
                findings.reject(header, "", RejectionCode::ValueUnreadable, "单元格的公式没有保存计算结果", hint);
                Value::Faulty
            }
            Cell::Several(values) => {
                let reason = "同一列有几个不同的值";
                let hint = "请只保留一个值；JSON 中同一个键只能出现一次";
                findings.reject(header, &values, RejectionCode::ValuesDiffer, reason, hint);
                Value::Faulty
            }
            Cell::Number { number, form, epoch } => self.number(index, column, place, (number, form, epoch), findings),
            Cell::Float(number) if number.fract() == 0.0 && is_identifier(column) => {
                let display = cell.display().into_owned();
                findings.reject(header, &display, RejectionCode::DigitsDestroyed, DESTROYED, DESTROYED_HINT);
                Value::Faulty
            }
            Cell::Float(number) => {
                self.number(index, column, place, (number, NumberForm::Plain, Epoch::Y1900), findings)
            }
            Cell::Text("") => Value::Blank,
            Cell::Text(text) => self.new_text(index, column, place, text, row, findings),
        }
    }

    /// A text that is not the one that stood in the column before; kept in mind when it is taken as it stands.
    fn new_text<'r>(
        &self,
        index: usize,
        column: &Column,
        place: &Place,
        text: &'r str,
        row: &Row<'r>,
        findings: &mut Findings<'_>,
    ) -> Value<'r> {
        let found = (findings.rejections.len(), findings.notes.normalised.len());
        let value = self.text(index, column, place, text, (row.plain, row.epoch()), findings);
        if found == (findings.rejections.len(), findings.notes.normalised.len())
            && let Some(remembered) = self.remembered.get(index)
        {
            remembered.remember(text, &value);
        }
        value
    }

    /// A further column of the file for a column of the table: its value counts where the first has none. Two values that
    /// differ are a fault.
    fn further<'r>(
        &self,
        index: usize,
        place: &Place,
        row: &Row<'r>,
        values: &mut Values<'r>,
        findings: &mut Findings<'_>,
    ) {
        let Some(column) = self.table.columns.get(index) else { return };
        let found = self.value(index, column, place, row, findings);
        let Some(first) = values.get_mut(index) else { return };
        match (&*first, &found) {
            (_, Value::Blank) | (Value::Faulty, _) => {}
            (Value::Blank, _) => *first = found,
            (known, found) if known == found => {}
            _ => {
                let written = row.cell(place.index).display().into_owned();
                let reason = format!("与“{}”列的值不同，无法判断以哪一列为准", column.header);
                let hint = "请删去其中一列，或改成相同的值";
                findings.reject(At::from(place), &written, RejectionCode::ValuesDiffer, reason, hint);
            }
        }
    }

    /// A number of a workbook: what it means depends on the column.
    fn number<'r>(
        &self,
        index: usize,
        column: &Column,
        place: &Place,
        (number, form, epoch): (f64, NumberForm, Epoch),
        findings: &mut Findings<'_>,
    ) -> Value<'r> {
        let display = Cell::Number { number, form, epoch }.display().into_owned();
        let header = At::from(place);
        match column.value {
            ValueType::Amount => {
                let unit = match (form, place.unit) {
                    (NumberForm::Yuan, _) | (NumberForm::Currency, AmountUnit::Yuan) => Ok(AmountUnit::Yuan),
                    (NumberForm::TenThousandYuan, _) => Ok(AmountUnit::TenThousandYuan),
                    (NumberForm::Currency, AmountUnit::TenThousandYuan) => Err(AmountFault::UnitUnclear),
                    (NumberForm::OtherUnit | NumberForm::Date | NumberForm::Time, _) => Err(AmountFault::OtherUnit),
                    (NumberForm::Plain | NumberForm::Padded(_), unit) => Ok(unit),
                };
                let note = &mut |n| findings.notes.normalised.push((index, n));
                let found = unit.and_then(|unit| amount::from_number(number, unit, note).map_err(AmountFault::from));
                self.amount(header, found, &display, findings)
            }
            ValueType::Date => {
                let mut noted = vec![];
                let found = if number >= 1e7 && number.fract() == 0.0 {
                    date::parse(&format!("{number:.0}"), epoch, &mut |n| noted.push(n))
                } else {
                    date::from_serial(number, epoch, &mut |n| noted.push(n))
                };
                // That a date is kept as a number is the spreadsheet's affair, where it shows a date.
                noted.retain(|&n| form != NumberForm::Date || n != Normalisation::SerialDate);
                findings.notes.normalised.extend(noted.into_iter().map(|n| (index, n)));
                self.date(header, found, &display, findings)
            }
            _ if matches!(form, NumberForm::Date | NumberForm::Time) => {
                let hint = "请将单元格格式设为“文本”后重新填写";
                findings.reject(header, &display, RejectionCode::ValueUnreadable, "该列不应为日期", hint);
                Value::Faulty
            }
            _ if !matches!(form, NumberForm::Plain | NumberForm::Padded(_)) => {
                let reason = "单元格的格式在数字前后显示了别的内容，实际保存的只有数字";
                let hint = "请将单元格格式设为“文本”，填写完整的内容";
                findings.reject(header, &display, RejectionCode::ValueUnreadable, reason, hint);
                Value::Faulty
            }
            _ if is_identifier(column) && (number.fract() != 0.0 || number < 0.0) => {
                let hint = "请将单元格格式设为“文本”，填写完整号码";
                findings.reject(header, &display, RejectionCode::ValueUnreadable, "号码不应是小数或负数", hint);
                Value::Faulty
            }
            _ if number.abs() >= EXACT => {
                findings.reject(header, &display, RejectionCode::DigitsDestroyed, DESTROYED, DESTROYED_HINT);
                Value::Faulty
            }
            _ => into_owned(self.text(index, column, place, &display, (true, epoch), findings)),
        }
    }

    fn text<'r>(
        &self,
        index: usize,
        column: &Column,
        place: &Place,
        text: &'r str,
        (plain, epoch): (bool, Epoch),
        findings: &mut Findings<'_>,
    ) -> Value<'r> {
        let header = At::from(place);
        let mut noted = NoteOnce { seen: 0, index, notes: &mut *findings.notes };
        let mut unreadable = None;
        let clean = clean_text(text, plain, is_single_line(column), &mut |n| noted.note(n), &mut unreadable);
        if let Some(character) = unreadable {
            let reason = format!("含有他人无法识别的字（U+{:04X}，自造字或部首）", u32::from(character));
            let hint = "请改为国家标准 GB 18030 中的汉字，打不出时请与平台联系";
            findings.reject(header, text, RejectionCode::CharacterUnreadable, reason, hint);
            return Value::Faulty;
        }
        if clean.is_empty() {
            return Value::Blank;
        }
        match placeholder(&clean) {
            Some(Placeholder::Lost) => {
                let reason = format!("“{}”是电子表格的出错提示或列宽不足的显示，原值已丢失", shown(&clean));
                let hint = "请在原文件中改正公式或加宽该列，填写实际的值";
                findings.reject(header, &clean, RejectionCode::ValueUnreadable, reason, hint);
                return Value::Faulty;
            }
            Some(Placeholder::Formula) => {
                let hint = "请在原文件中改填公式的值，或用 Excel、WPS 打开后另存";
                findings.reject(header, &clean, RejectionCode::ValueUnreadable, "这是公式的文字，不是它的值", hint);
                return Value::Faulty;
            }
            Some(Placeholder::Nothing) if column.required.is_mandatory() => {
                let reason = format!("必填项为空（“{}”不是内容）", shown(&clean));
                findings.reject(header, &clean, RejectionCode::ValueMissing, reason, "请填写实际的值");
                return Value::Faulty;
            }
            Some(Placeholder::Nothing) => {
                noted.note(Normalisation::Wording);
                return Value::Blank;
            }
            None => {}
        }
        if let ValueType::Document | ValueType::Count = column.value
            && !plain
            && text.trim().contains(['\n', '\r', '\u{2028}'])
        {
            let hint = "一个单元格只填一个值；换行只是为了美观的，请删去换行";
            findings.reject(header, text, RejectionCode::ValuesDiffer, "单元格内有几行，无法判断是一个还是几个", hint);
            return Value::Faulty;
        }
        if is_identifier(column) && destroyed(&clean) {
            findings.reject(header, &clean, RejectionCode::DigitsDestroyed, DESTROYED, DESTROYED_HINT);
            return Value::Faulty;
        }
        match column.value {
            ValueType::Text => {
                let clean = masked(clean, &mut |n| noted.note(n));
                // No text has more characters than bytes.
                if clean.len() > column.max && clean.chars().count() > column.max {
                    let count = clean.chars().count();
                    let reason = format!("最长{}字，实际{count}字", column.max);
                    findings.reject(header, &clean, RejectionCode::ValueTooLong, reason, "请缩短该内容");
                    return Value::Faulty;
                }
                Value::Text(clean)
            }
            ValueType::Uscc => {
                let code = clean_code(&clean, &mut |n| noted.note(n));
                self.uscc(header, &code, findings)
            }
            ValueType::IdNumber => {
                let code = clean_code(&clean, &mut |n| noted.note(n));
                Value::IdNumber(Cow::Owned(code.into_owned()))
            }
            ValueType::Date => {
                let found = date::parse(&clean, epoch, &mut |n| noted.note(n));
                self.date(header, found, &clean, findings)
            }
            ValueType::Amount => {
                let found = amount::parse(&clean, place.unit, &mut |n| noted.note(n));
                self.amount(header, found, &clean, findings)
            }
            ValueType::Code => self.code(index, header, column, &clean, findings).map_or(Value::Faulty, Value::Code),
            ValueType::Codes => {
                let parts =
                    clean.split(['、', '，', ',', '；', ';', '/', '\n']).map(str::trim).filter(|part| !part.is_empty());
                let list = column.codes.as_deref().unwrap_or_default();
                let mut codes = Codes::of(SharingStandard::get().codes(list));
                for part in parts {
                    let Some(code) = self.code(index, header, column, part, findings) else { return Value::Faulty };
                    if !codes.add(code) {
                        findings.notes.normalised.push((index, Normalisation::Wording));
                    }
                }
                Value::Codes(codes)
            }
            ValueType::Flag => match &*clean {
                "是" | "Y" | "y" | "1" => Value::Flag(true),
                "否" | "N" | "n" | "0" => Value::Flag(false),
                _ => {
                    findings.reject(header, &clean, RejectionCode::FlagUnknown, "应填“是”或“否”", "请改为“是”或“否”");
                    Value::Faulty
                }
            },
            ValueType::Domain => self.domain(header, &clean, findings),
            ValueType::Division => match division(&clean_code(&clean, &mut |n| noted.note(n))) {
                Some((division, former)) => {
                    if former {
                        noted.note(Normalisation::Wording);
                    }
                    Value::Division(division)
                }
                None => {
                    let reason = "不是长治市的行政区划代码";
                    let hint = "请填6位代码，如潞州区 140403；注册地不在长治市的主体不报送";
                    findings.reject(header, &clean, RejectionCode::DivisionUnknown, reason, hint);
                    Value::Faulty
                }
            },
            ValueType::Document => match DocumentNumber::parse(without_spaces(clean.clone(), &mut |n| noted.note(n))) {
                Ok(document) => Value::Document(document),
                Err(error) => {
                    let hint = "请填写完整的文书文号，如“晋市监罚〔2024〕12号”";
                    findings.reject(header, &clean, RejectionCode::DocumentInvalid, error.to_string(), hint);
                    Value::Faulty
                }
            },
            ValueType::List => self.list(header, &clean, findings),
            ValueType::Count => {
                let digits: String = clean.chars().map(half_width).filter(|c| !matches!(c, ',' | ' ')).collect();
                match digits.trim_end_matches(['条', '件']).parse::<u64>() {
                    Ok(count) if count <= LARGEST_COUNT => Value::Count(count),
                    _ => {
                        let hint = "请只填数字，没有记录时填 0";
                        findings.reject(header, &clean, RejectionCode::CountInvalid, "条数应为不小于0的整数", hint);
                        Value::Faulty
                    }
                }
            }
            ValueType::Documents => {
                let parts = clean.split(['、', '；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
                let documents: Result<Vec<_>, _> = parts.map(|part| DocumentNumber::parse(part.to_owned())).collect();
                match documents {
                    Ok(documents) => Value::Documents(documents),
                    Err(error) => {
                        let hint = "请用顿号或换行分隔各文号";
                        findings.reject(header, &clean, RejectionCode::DocumentInvalid, error.to_string(), hint);
                        Value::Faulty
                    }
                }
            }
        }
    }

    fn uscc<'r>(&self, header: At<'_>, code: &str, findings: &mut Findings<'_>) -> Value<'r> {
        match Uscc::parse(code) {
            Ok(uscc) => Value::Uscc(uscc),
            Err(_) if CitizenId::parse(code).is_ok() => {
                let hint = "统一社会信用代码请对照营业执照填写；自然人的证件号码请填入“证件号码”列";
                let reason = "这是居民身份证号码，不是统一社会信用代码";
                findings.reject(header, &mask(code), RejectionCode::UsccInvalid, reason, hint);
                Value::Faulty
            }
            Err(error) => {
                let hint = Uscc::suggestion(code).map_or_else(
                    || "请对照营业执照核对统一社会信用代码".to_owned(),
                    |uscc| format!("是否应为 {uscc}？请核对后填写，系统不会自动更改"),
                );
                findings.reject(header, code, RejectionCode::UsccInvalid, error.to_string(), hint);
                Value::Faulty
            }
        }
    }

    fn date<'r>(&self, header: At<'_>, found: Option<Date>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
        match found {
            Some(date) => Value::Date(date),
            None => {
                let hint = "请写作 2025-07-01，年份在前";
                let reason = if date::is_before_midnight(text) {
                    "时间在午夜前一分钟之内，可能是导出程序把日期写早了一天"
                } else {
                    "不是能够识别的日期"
                };
                findings.reject(header, text, RejectionCode::DateUnreadable, reason, hint);
                Value::Faulty
            }
        }
    }

    fn amount<'r>(
        &self,
        header: At<'_>,
        found: Result<Amount, AmountFault>,
        text: &str,
        findings: &mut Findings<'_>,
    ) -> Value<'r> {
        match found {
            Ok(amount) => Value::Amount(amount),
            Err(error) => {
                let hint = match error {
                    AmountFault::Not(_) => "请只填以万元为单位的数字，如 1.25",
                    _ => "请填写以万元为单位的数字，如 1.25，并把单元格格式改为“常规”；或在数字后写明“元”或“万元”",
                };
                findings.reject(header, text, RejectionCode::AmountInvalid, error.to_string(), hint);
                Value::Faulty
            }
        }
    }

    fn code(
        &self,
        index: usize,
        header: At<'_>,
        column: &Column,
        text: &str,
        findings: &mut Findings<'_>,
    ) -> Option<&'static str> {
        let list = column.codes.as_deref().unwrap_or_default();
        let codes = SharingStandard::get().codes(list);
        if let Some(code) = codes.iter().find(|code| *code == text) {
            return Some(code);
        }
        let folded: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
        let known = |wording: &str| codes.iter().find(|code| *code == wording).map(String::as_str);
        let meant = known(&folded).or_else(|| SharingStandard::get().wording(list, text)).or_else(|| {
            // 其他-责令改正: the national tables let units add a word, which the content says as well.
            let (other, _) = folded.split_once(['-', '—', '－', ':'])?;
            known(other).filter(|_| other == "其他")
        });
        if meant.is_some() {
            findings.notes.normalised.push((index, Normalisation::Wording));
        } else {
            let reason = format!("“{}”不在可选值之内", shown(text));
            findings.reject(header, text, RejectionCode::CodeUnknown, reason, format!("可选值：{}", codes.join("、")));
        }
        meant
    }

    fn domain<'r>(&self, header: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
        let covered = self.sender.directory_row().map_or(&[][..], |unit| unit.domains.as_slice());
        let hint = || {
            let names: Vec<&str> = covered.iter().map(|domain| domain.name()).collect();
            format!("贵单位可填：{}", names.join("、"))
        };
        match DomainId::from_name(text) {
            Some(domain) if covered.contains(&domain) => Value::Domain(domain),
            Some(domain) => {
                let reason = format!("目录中贵单位不涉及{domain}领域");
                findings.reject(header, text, RejectionCode::DomainNotCovered, reason, hint());
                Value::Faulty
            }
            None => {
                findings.reject(header, text, RejectionCode::DomainUnknown, "不在39个领域之内", hint());
                Value::Faulty
            }
        }
    }

    fn list<'r>(&self, header: At<'_>, text: &str, findings: &mut Findings<'_>) -> Value<'r> {
        let lists = self.sender.directory_row().map_or(&[][..], |unit| unit.lists.as_slice());
        let fold = |text: &str| -> String { text.chars().map(half_width).collect() };
        let folded = fold(text);
        match lists.iter().find(|list| fold(list) == folded) {
            Some(list) => Value::List(list),
            None => {
                let hint = if lists.is_empty() {
                    "目录中贵单位没有严重失信主体名单".to_owned()
                } else {
                    format!("贵单位可填：{}", lists.join("、"))
                };
                findings.reject(header, text, RejectionCode::ListNotNamed, "目录中贵单位没有这个名单", hint);
                Value::Faulty
            }
        }
    }
}

/// How many merged cells are looked at to explain a blank one.
const MERGES_LOOKED_AT: usize = 200;

/// More records than a unit can have made.
const LARGEST_COUNT: u64 = 100_000_000;

/// The fault of a row of data that stands above the header.
pub(crate) fn above_header(row: u64, value: &str) -> Rejection {
    let hint = "请把表头移到第一行，排序时不要把表头一起排序";
    rejection((row, None), ROW, value, RejectionCode::HeaderMissing, "该行在表头之上，无法分清各列", hint)
}

/// Why a row cannot be read as cells, and what to do.
fn unreadable(fault: RowFault) -> (RejectionCode, String, &'static str) {
    match fault {
        RowFault::QuoteUnclosed => (
            RejectionCode::QuoteUnclosed,
            "引号没有配对，无法分清这一行的各列".to_owned(),
            "请补上缺少的引号，或删去多余的引号",
        ),
        RowFault::TooLong => {
            (RejectionCode::RowTooLong, "该行过长，无法读取".to_owned(), "请检查该行的换行和引号是否正确")
        }
        RowFault::NoHeader => (
            RejectionCode::HeaderMissing,
            "该行上方没有表头，无法分清各列".to_owned(),
            "请把表头放在各行数据之上；没有表头的工作表，请在第一行加上与第一个工作表相同的表头",
        ),
        RowFault::LoneReturn => (
            RejectionCode::RowShape,
            "该行中有单独的回车符，无法分清是一行还是几行".to_owned(),
            "请统一换行符后重新保存，单元格内的换行应在引号之内",
        ),
        RowFault::NoObject(column) => (
            RejectionCode::RowNoObject,
            format!("该行不是完整的 JSON 对象（第{column}列附近）"),
            "请检查括号、引号和逗号，每行一个对象",
        ),
    }
}

const DESTROYED: &str = "数字已被电子表格改成科学计数法，后几位已丢失";
const DESTROYED_HINT: &str = "请先把该列的单元格格式设为“文本”，再重新填写完整号码";

/// True for `1.40402E+17`, in capital or small letters, and for the like with spaces, commas or full-width characters in it
/// or words around it; also for `1.4×10^17`.
fn destroyed(text: &str) -> bool {
    // Nearly every number has neither a sign nor a point.
    let may_have = text.bytes().any(|byte| matches!(byte, b'+' | b'.' | 0xc3 | 0xef));
    if !may_have || !text.contains(['+', '.', '＋', '．', '×']) {
        return false;
    }
    let folded: Vec<u8> = text
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && *c != ',')
        .map(|c| u8::try_from(c).unwrap_or(0))
        .collect();
    let digit = |at: Option<usize>| at.and_then(|at| folded.get(at)).is_some_and(u8::is_ascii_digit);
    let signed = (0..folded.len()).any(|at| {
        matches!(folded.get(at), Some(b'E' | b'e'))
            && folded.get(at + 1) == Some(&b'+')
            && digit(at.checked_sub(1))
            && digit(Some(at + 2))
    });
    signed || text.contains("×10") || unsigned_exponent(&folded)
}

/// `1.40402E17`: a digit, a fraction and an exponent, and nothing else.
fn unsigned_exponent(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let (Some([whole, b'.', fraction @ ..]), Some(exponent)) = (text.get(..at), text.get(at + 1..)) else {
        return false;
    };
    let digits = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    whole.is_ascii_digit() && digits(fraction) && digits(exponent) && exponent.len() <= 3
}

/// A document number without the spaces that stand in it, and with identity numbers hidden.
fn without_spaces<'r>(text: Cow<'r, str>, note: &mut dyn FnMut(Normalisation)) -> Cow<'r, str> {
    let text = masked(text, note);
    if !has_space(text.as_bytes()) {
        return text;
    }
    note(Normalisation::Spaces);
    // Without its spaces it may be a number that it was not with them.
    masked(text.chars().filter(|c| !c.is_whitespace()).collect::<String>().into(), note)
}

/// True when a space or a line break stands in a text: of ASCII, U+00A0, U+1680, U+2000 to U+2029, U+202F, U+205F, U+3000.
fn has_space(text: &[u8]) -> bool {
    let beyond = memchr::memchr3_iter(b' ', 0xe2, 0xe3, text).any(|at| match text.get(at..) {
        Some([b' ', ..] | [0xe3, 0x80, 0x80, ..] | [0xe2, 0x81, 0x9f, ..]) => true,
        Some(&[0xe2, 0x80, last, ..]) => last < 0x8b || matches!(last, 0xa8 | 0xa9 | 0xaf),
        _ => false,
    });
    let rare = || {
        memchr::memchr2(0xc2, 0xe1, text).is_some()
            && std::str::from_utf8(text).is_ok_and(|text| text.contains(char::is_whitespace))
    };
    beyond || memchr::memchr3(b'\t', b'\n', b'\r', text).is_some() || rare()
}

/// A division of the city, and whether the code is a former one.
fn division(code: &str) -> Option<(Division, bool)> {
    Division::parse(code).map(|division| (division, false)).or_else(|| Some((Division::of_former(code)?, true)))
}

/// Columns whose values are looked up digit by digit.
fn is_identifier(column: &Column) -> bool {
    match column.value {
        ValueType::Uscc | ValueType::IdNumber | ValueType::Document | ValueType::Documents | ValueType::Division => {
            true
        }
        ValueType::Text => matches!(
            column.field,
            Field::BusinessRegistration
                | Field::OrganisationCode
                | Field::TaxRegistration
                | Field::InstitutionCertificate
                | Field::SocialOrganisationCertificate
                | Field::Licence
        ),
        _ => false,
    }
}

/// Columns whose values stand on one line: names and codes, not what is told in sentences.
fn is_single_line(column: &Column) -> bool {
    match column.value {
        ValueType::Text => !matches!(
            column.field,
            Field::Violation
                | Field::Facts
                | Field::Basis
                | Field::Content
                | Field::Cause
                | Field::RemovalCause
                | Field::Outcome
                | Field::Offence
                | Field::Licence
                | Field::Remarks
        ),
        ValueType::Codes | ValueType::Documents => false,
        _ => true,
    }
}

fn into_owned<'r>(value: Value<'_>) -> Value<'r> {
    match value {
        Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        Value::IdNumber(text) => Value::IdNumber(Cow::Owned(text.into_owned())),
        Value::Blank => Value::Blank,
        Value::Faulty => Value::Faulty,
        Value::Uscc(value) => Value::Uscc(value),
        Value::Date(value) => Value::Date(value),
        Value::Amount(value) => Value::Amount(value),
        Value::Code(value) => Value::Code(value),
        Value::Codes(value) => Value::Codes(value),
        Value::Flag(value) => Value::Flag(value),
        Value::Domain(value) => Value::Domain(value),
        Value::Division(value) => Value::Division(value),
        Value::Document(value) => Value::Document(value.into_owned()),
        Value::Documents(value) => Value::Documents(value.into_iter().map(DocumentNumber::into_owned).collect()),
        Value::List(value) => Value::List(value),
        Value::Count(value) => Value::Count(value),
    }
}

/// Passes each normalisation of a cell on once, however many characters it touched.
struct NoteOnce<'n> {
    seen: u32,
    index: usize,
    notes: &'n mut Notes,
}

impl NoteOnce<'_> {
    fn note(&mut self, normalisation: Normalisation) {
        let bit = 1_u32 << (normalisation as u32);
        if self.seen & bit == 0 {
            self.seen |= bit;
            self.notes.normalised.push((self.index, normalisation));
        }
    }
}

/// The columns of the widest table, and room for two more.
const WIDEST: usize = 32;

/// The values of a row in the order of the table's columns, without an allocation.
type Values<'r> = [Value<'r>; WIDEST];

/// A row's values by field.
pub(crate) struct Fields<'a, 'r> {
    pub(crate) checker: &'a Checker<'a>,
    row: u64,
    values: Values<'r>,
}

impl<'r> Fields<'_, 'r> {
    /// The value of a field; blank when the table has no such field.
    pub(crate) fn get(&self, field: Field) -> &Value<'r> {
        self.checker.table.index_of(field).and_then(|index| self.values.get(index)).unwrap_or(&Value::Blank)
    }

    /// Takes the value of a field out of the row.
    pub(crate) fn take(&mut self, field: Field) -> Value<'r> {
        let index = self.checker.table.index_of(field);
        let value = index.and_then(|index| self.values.get_mut(index));
        value.map_or(Value::Blank, |value| std::mem::replace(value, Value::Blank))
    }

    /// The column of a field as the file has it, or the standard's header for it.
    pub(crate) fn at(&self, field: Field) -> At<'_> {
        let Some(index) = self.checker.table.index_of(field) else { return ROW };
        match (self.checker.header.places.get(index), self.checker.table.columns.get(index)) {
            (Some(Some(place)), _) => At::from(place),
            (_, Some(column)) => At { header: &column.header, cell: None },
            _ => ROW,
        }
    }

    /// The header of a field.
    fn header(&self, field: Field) -> &str {
        self.at(field).header
    }

    /// A blank domain becomes the unit's only one, or the one that its kind of record always has.
    fn settle_domain(&mut self) {
        let Some(index) = self.checker.table.index_of(Field::Domain) else { return };
        let Some(unit) = self.checker.sender.directory_row() else { return };
        if let (Some(value @ Value::Blank), [only]) = (self.values.get_mut(index), unit.domains.as_slice()) {
            *value = Value::Domain(*only);
        }
    }

    /// Without a column for it, the subject's type is told from the identity columns that are filled.
    fn settle_subject_type(&mut self, findings: &mut Findings<'_>) {
        let checker = self.checker;
        let Some(index) = checker.table.index_of(Field::SubjectType) else { return };
        if !matches!(checker.header.places.get(index), Some(None)) {
            return;
        }
        let told = match (self.get(Field::Uscc), self.get(Field::IdNumber)) {
            // GB 32100-2015: the first two characters of the code of a sole trader.
            (Value::Uscc(uscc), Value::Blank) if uscc.as_str().starts_with("92") => "个体工商户",
            (Value::Uscc(_), Value::Blank) => "法人及非法人组织",
            (Value::Blank, Value::IdNumber(_)) => "自然人",
            _ => return,
        };
        if let Some(value) = self.values.get_mut(index) {
            *value = Value::Code(told);
            findings.notes.normalised.push((index, Normalisation::Told));
        }
    }

    /// The merged cells that cover a column's cell in this row, as a spreadsheet names them.
    fn merged(&self, field: Field) -> Option<String> {
        let cell = self.at(field).cell?;
        // Those that begin above, the nearest first; a sheet with very many is one that nobody made by hand.
        let above = self.checker.merges.partition_point(|merge| merge.first_row <= self.row);
        let near = self.checker.merges.get(..above)?.iter().rev().take(MERGES_LOOKED_AT);
        let merge = near.into_iter().find(|merge| merge.covers(self.row, cell))?;
        let place = |column, row| format!("{}{row}", column_letters(column));
        Some(format!("{}:{}", place(merge.first_column, merge.first_row), place(merge.last_column, merge.last_row)))
    }

    fn require(&self, findings: &mut Findings<'_>) {
        for (column, value) in self.checker.table.columns.iter().zip(&self.values) {
            if !matches!(value, Value::Blank) {
                continue;
            }
            let reason = match &column.required {
                Requirement::Optional => continue,
                Requirement::Always | Requirement::UnlessTold => "必填项为空".to_owned(),
                Requirement::IfIs(field, values) => match self.get(*field) {
                    Value::Code(code) if values.iter().any(|v| v == code) => {
                        format!("{}为“{code}”时必填", self.header(*field))
                    }
                    _ => continue,
                },
                Requirement::UnlessIs(field, values) => match self.get(*field) {
                    Value::Code(code) if values.iter().any(|v| v == code) => continue,
                    Value::Code(code) => format!("{}为“{code}”时必填", self.header(*field)),
                    _ => continue,
                },
                Requirement::IfHas(field, values) => match self.get(*field) {
                    Value::Codes(codes) => match codes.iter().find(|code| values.iter().any(|v| v == code)) {
                        Some(code) => format!("{}含“{code}”时必填", self.header(*field)),
                        None => continue,
                    },
                    _ => continue,
                },
                Requirement::IfPresent(field) => match self.get(*field) {
                    Value::Blank | Value::Faulty => continue,
                    _ => format!("填写了{}时必填", self.header(*field)),
                },
                Requirement::IfSeveralDomains => "贵单位涉及多个领域，必须写明涉及领域".to_owned(),
            };
            let at = self.at(column.field);
            if let Some(merged) = self.merged(column.field) {
                let reason = format!("{reason}（单元格 {merged} 已合并，值只在左上角）");
                let hint = "请取消合并单元格，逐行填写";
                findings.reject(at, "", RejectionCode::ValueMissing, reason, hint);
            } else if at.cell.is_none() {
                let hint = format!("文件没有“{}”列，请添加该列并填写", column.header);
                findings.reject(at, "", RejectionCode::ValueMissing, reason, hint);
            } else {
                findings.reject(at, "", RejectionCode::ValueMissing, reason, "请补填该单元格");
            }
        }
    }

    /// A fine that is ten thousand times what the decision says, or a ten-thousandth of it, is in the wrong unit; of one that
    /// its sums do not name otherwise the clerk is told.
    fn check_fine(&self, findings: &mut Findings<'_>) {
        let (Value::Amount(fine), Value::Text(content)) = (self.get(Field::Fine), self.get(Field::Content)) else {
            return;
        };
        let confiscated = match self.get(Field::Confiscated) {
            Value::Amount(confiscated) => Some(*confiscated),
            _ => None,
        };
        match sums::compared(content, *fine, confiscated) {
            Compared::Named => {}
            Compared::Otherwise => findings.notes.amount_unlike_text = true,
            Compared::WrongUnit(said) => {
                let reason = format!("与处罚内容所写的金额（{said}万元）相差一万倍，单位可能弄错");
                let hint = "请核对罚款金额的单位，应以万元填写";
                let written = fine.to_string();
                let code = RejectionCode::AmountContradicted;
                findings.reject(self.at(Field::Fine), &written, code, reason, hint);
            }
        }
    }

    /// The identity of a natural person. Identity numbers in rows of other subjects are left unread and unkept.
    fn identity(&self, findings: &mut Findings<'_>) -> Option<PersonIdentity> {
        let (Value::Code("自然人"), Value::Code(id_type), Value::IdNumber(number)) =
            (self.get(Field::SubjectType), self.get(Field::IdType), self.get(Field::IdNumber))
        else {
            return None;
        };
        let header = self.at(Field::IdNumber);
        let key = &self.checker.sender.person_key;
        if *id_type != ID_CARD {
            if (5..=30).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
                let id = SubjectId::person_with_document(id_type, number, key);
                return Some(PersonIdentity { id, masked: mask(number) });
            }
            let reason = "证件号码应为5至30位字母或数字";
            findings.reject(header, &mask(number), RejectionCode::IdNumberInvalid, reason, "请对照证件核对号码");
            return None;
        }
        match CitizenId::parse(number) {
            Ok(id) => Some(PersonIdentity { id: SubjectId::person(&id, key), masked: id.masked() }),
            Err(error) => {
                let hint = "请对照身份证核对号码，该列的单元格格式应为“文本”";
                findings.reject(header, &mask(number), RejectionCode::IdNumberInvalid, error.to_string(), hint);
                None
            }
        }
    }

    fn check_dates(&self, findings: &mut Findings<'_>) {
        let date = |field: Field| match self.get(field) {
            Value::Date(date) => Some(*date),
            _ => None,
        };
        let today = self.checker.sender.today;
        for field in [Field::Decided, Field::Lifted, Field::Removed, Field::Established] {
            if let Some(day) = date(field).filter(|&day| day > today) {
                let reason = format!("日期晚于今天（{today}）");
                findings.reject(self.at(field), &day.to_string(), RejectionCode::DateInFuture, reason, "请核对日期");
            }
        }
        let Some(decided) = date(Field::Decided) else { return };
        if decided < SCOPE_START && self.is_over_before_the_scope(decided) {
            let reason = "早于2022年8月1日，且当日已不在名单、已解除或不在处罚有效期内，不属于归集范围";
            let hint =
                "2022年7月31日前的记录按原途径查询，不需报送；此后仍有效的，请填写移出日期、解除日期或处罚有效期";
            findings.reject(
                self.at(Field::Decided),
                &decided.to_string(),
                RejectionCode::DateBeforeScope,
                reason,
                hint,
            );
        }
        for field in [Field::Lifted, Field::Removed, Field::Effective, Field::ValidUntil, Field::PublishedUntil] {
            if let Some(day) = date(field).filter(|&day| day < decided) {
                let reason = format!("早于{}（{decided}）", self.header(Field::Decided));
                let hint = "请核对两个日期";
                findings.reject(self.at(field), &day.to_string(), RejectionCode::DateOrder, reason, hint);
            }
        }
    }

    /// True of a record decided before the scheme's scope whose measure, if it is one, was over when the scope began. A row whose
    /// end cannot be read is faulty for that alone.
    fn is_over_before_the_scope(&self, decided: Date) -> bool {
        let ended = |field: Field| match self.get(field) {
            Value::Date(day) => Some(End::Ended(*day)),
            Value::Faulty => None,
            _ => Some(End::Open),
        };
        let end = match self.checker.table.table.record_kind() {
            Some(RecordKind::SeriousDishonesty | RecordKind::AbnormalOperation) => ended(Field::Removed),
            Some(RecordKind::Coercion) => ended(Field::Lifted),
            Some(RecordKind::Penalty) => match (self.get(Field::Categories), self.get(Field::ValidUntil)) {
                (Value::Faulty, _) | (_, Value::Faulty) => None,
                (Value::Codes(codes), Value::Date(day)) if codes.iter().any(is_lasting) => Some(End::Until(*day)),
                _ => return true,
            },
            Some(RecordKind::Judgment) => return true,
            None => None,
        };
        end.is_some_and(|end| !InForce { from: decided, end }.on_or_after(SCOPE_START))
    }

    /// The record that a row of table repair or withdrawal means must be one that the unit may form.
    fn check_target(&self, findings: &mut Findings<'_>) {
        let Value::Code(title) = self.get(Field::Kind) else { return };
        let (Some(kind), Some(unit)) = (RecordKind::from_title(title), self.checker.sender.directory_row()) else {
            return;
        };
        if !unit.kinds.contains(&kind) {
            let titles: Vec<&str> = unit.kinds.iter().map(|kind| kind.title()).collect();
            let reason = format!("目录中贵单位不报送{title}");
            let hint = format!("贵单位可填：{}", titles.join("、"));
            findings.reject(self.at(Field::Kind), title, RejectionCode::KindNotPermitted, reason, hint);
        } else if kind == RecordKind::SeriousDishonesty
            // A manifest counts a unit's lists together.
            && self.checker.table.index_of(Field::List).is_some()
            && *self.get(Field::List) == Value::Blank
            && unit.lists.len() != 1
        {
            let reason = "贵单位有多个名单，必须写明名单名称";
            let hint = format!("贵单位可填：{}", unit.lists.join("、"));
            findings.reject(self.at(Field::List), "", RejectionCode::ValueMissing, reason, hint);
        }
    }

    /// A manifest's period runs forward, its kind is one that the unit may form, its list is as long as its count.
    fn check_manifest(&self, findings: &mut Findings<'_>) {
        if let (Value::Date(from), Value::Date(to)) = (self.get(Field::PeriodFrom), self.get(Field::PeriodTo)) {
            if to < from {
                let reason = format!("早于{}（{from}）", self.header(Field::PeriodFrom));
                let code = RejectionCode::DateOrder;
                findings.reject(self.at(Field::PeriodTo), &to.to_string(), code, reason, "请检查起止日期是否填反");
            }
            let today = self.checker.sender.today;
            if *to > today {
                let reason = format!("日期晚于今天（{today}）");
                let code = RejectionCode::DateInFuture;
                findings.reject(self.at(Field::PeriodTo), &to.to_string(), code, reason, "请在期间结束后对账");
            }
            if *from < SCOPE_START {
                let reason = "早于2022年8月1日，不属于归集范围";
                let code = RejectionCode::DateBeforeScope;
                findings.reject(self.at(Field::PeriodFrom), &from.to_string(), code, reason, "请从2022年8月1日起对账");
            }
        }
        if let (Value::Count(count), Value::Documents(documents)) = (self.get(Field::Count), self.get(Field::Documents))
            && documents.len() as u64 != *count
        {
            let reason = format!("清单有{}个文号，与条数{count}不符", documents.len());
            let code = RejectionCode::CountContradicted;
            findings.reject(self.at(Field::Documents), "", code, reason, "请核对条数和清单");
        }
    }
}

#[cfg(test)]
mod tests {
    use xinzheng_domain::TableId;

    use super::*;

    #[test]
    fn every_table_has_room() {
        for table in TableId::ALL {
            assert!(table.standard().columns.len() <= WIDEST, "{table}");
        }
    }
}
