//! The checks of a row: each cell by its column's type, then what the columns say together.

mod amount;
mod cell;
mod code;
mod count;
mod date;
mod division;
mod document;
mod domain;
mod flag;
mod id_number;
mod identifier;
mod list;
mod text;
mod together;
mod uscc;

use xinzheng_domain::{Entry, Field};

use self::cell::PlacedColumn;
use crate::assembly;
use crate::fields::Fields;
use crate::findings::{At, Findings, Notes, ROW, rejection};
use crate::header::Place;
use crate::rejection::{Rejection, RejectionCode};
use crate::remembered::Remembered;
use crate::row::{Row, RowFault};
use crate::surroundings::Surroundings;
use crate::value::Value;

pub(crate) struct Checker<'a> {
    pub(crate) surroundings: Surroundings<'a>,
    /// For each column of the table, what stood in it last.
    pub(crate) remembered: &'a [Remembered],
}

impl Checker<'_> {
    /// Checks a row that is not blank: an entry, or every fault found in it.
    pub(crate) fn check<'r>(&self, row: &Row<'r>, notes: &mut Notes) -> Result<Entry<'r>, Vec<Rejection>> {
        let Surroundings { sender, table, header, sheet, .. } = self.surroundings;
        let mut findings = Findings::new(row.number, sheet, notes);
        if let Some(fault) = row.fault {
            let (code, reason, hint) = unreadable(fault);
            return Err(findings.with_row(row, code, reason, hint));
        }
        if let Some(refusal) = &header.refusal {
            let hint = "请把该表头的列名改为归集标准的名称，或把其下各行移到第一个表头之下";
            let reason = format!("该行上方的表头不能用：{refusal}");
            return Err(findings.with_row(row, RejectionCode::HeaderMissing, reason, hint));
        }
        let width = header.width();
        if row.joins_rows(width) {
            let (code, reason, hint) = unreadable(RowFault::QuoteUnclosed);
            return Err(findings.with_row(row, code, reason, hint));
        }
        let unnamed = |index: &&usize| !(row.cell(**index).is_blank() || self.is_number_of_row(row, **index));
        let unnamed = self.surroundings.header.unnamed.iter().find(unnamed).map(|&index| (index, row.cell(index)));
        let left = self
            .surroundings
            .header
            .beyond
            .iter()
            .map(|&index| (index, row.cell(index)))
            .find(|(_, cell)| !cell.is_blank());
        if let Some((index, cell)) = left.or(unnamed).or_else(|| row.beyond(width, &self.surroundings.header.cells)) {
            let reason = format!("该行有超出表头{width}列的内容");
            let hint = "请检查是否有未加引号的分隔符，或删除表头以外的内容";
            let at = At { header: "", cell: Some(index) };
            findings.reject(at, &cell.display(), RejectionCode::RowShape, reason, hint);
        }
        if row.is_delimited() && row.len() * 2 < self.surroundings.header.last_mandatory {
            let reason = format!("该行只有{}列，表头有{width}列", row.len());
            let hint = "请检查该行是否被换行拆开，或缺少分隔符";
            return Err(findings.with_row(row, RejectionCode::RowShape, reason, hint));
        }
        let mut fields = Fields::blank(self.surroundings, row.number);
        let columns = table.columns.iter().zip(&header.places).zip(self.remembered).enumerate();
        for ((index, ((column, place), remembered)), value) in columns.zip(fields.values_mut()) {
            let Some(place) = place else { continue };
            let placed = PlacedColumn { index, column, place, sender, remembered };
            *value = match row.plain_text(place.index) {
                Some("") => continue,
                Some(text) => match remembered.value(text) {
                    Some(known) => known,
                    None => placed.new_text(text, row, &mut findings),
                },
                None => placed.value(row, &mut findings),
            };
        }
        for (index, place) in &header.further {
            self.further(*index, place, row, fields.values_mut(), &mut findings);
        }
        together::settle(&mut fields, &mut findings);
        together::require(&fields, &mut findings);
        let identity = id_number::identity(&fields, &mut findings);
        together::consistent(&fields, &mut findings);
        if findings.is_faultless()
            && let Some(entry) = assembly::entry(&mut fields, identity)
        {
            return Ok(entry);
        }
        if findings.is_faultless() {
            // Every fault has been named above; this keeps a row from ever vanishing should a rule be forgotten.
            findings.reject(ROW, "", RejectionCode::ValueUnreadable, "该行无法组成完整记录", "请对照归集标准检查该行");
        }
        Err(findings.into_rejections())
    }

    /// True for a short number in front of the first known column: rows are numbered there, often without a header.
    fn is_number_of_row(&self, row: &Row<'_>, index: usize) -> bool {
        let first = self.surroundings.header.places.iter().flatten().map(|place| place.index).min();
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
        let place = self
            .surroundings
            .table
            .index_of(field)
            .and_then(|index| self.surroundings.header.places.get(index)?.as_ref());
        rejection(
            (row.number, self.surroundings.sheet),
            place.map_or(ROW, At::from),
            &value,
            RejectionCode::RecordTwice,
            format!("与{earlier}是{same}，内容却不同；{earlier}已接收"),
            format!("请核对这两行：确为一件的，合并为一行；{earlier}有误的，改正后重新报送该行"),
        )
    }

    /// A further column of the file for a column of the table: its value counts where the first has none. Two values that
    /// differ are a fault.
    fn further<'r>(
        &self,
        index: usize,
        place: &Place,
        row: &Row<'r>,
        values: &mut [Value<'r>],
        findings: &mut Findings<'_>,
    ) {
        let (columns, sender) = (&self.surroundings.table.columns, self.surroundings.sender);
        let (Some(column), Some(remembered)) = (columns.get(index), self.remembered.get(index)) else { return };
        let found = PlacedColumn { index, column, place, sender, remembered }.value(row, findings);
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
}

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
