//! In which columns two revisions of a record differ.

use std::borrow::Cow;

use crate::record::{AbnormalOperation, Coercion, Details, Judgment, Penalty, Record, Removal, SeriousDishonesty};
use crate::{Field, RecordKind, TableId};

/// The fields of the record's table in which the revisions differ, in the table's order; those that make it this record do
/// not count. Records of different kinds differ in everything that both kinds could have.
pub fn differing(before: &Record<'_>, after: &Record<'_>) -> Vec<Field> {
    let mut found = vec![];
    let mut compare = |same: bool, field: Field| {
        if !same {
            found.push(field);
        }
    };
    compare(before.subject.name == after.subject.name, Field::Name);
    compare(before.subject.subject_type == after.subject.subject_type, Field::SubjectType);
    compare(
        same(&before.subject.legal_representative, &after.subject.legal_representative),
        Field::LegalRepresentative,
    );
    for field in Field::OTHER_CODES {
        let header = header_of(after.kind(), field);
        let code = |record: &Record<'_>| {
            let codes = record.subject.other_codes.iter();
            codes.filter(|(name, _)| name == header).map(|(_, code)| code.to_string()).collect::<Vec<_>>()
        };
        compare(code(before) == code(after), field);
    }
    compare(before.document.as_str() == after.document.as_str(), Field::Document);
    compare(before.decided == after.decided, Field::Decided);
    compare(before.authority.name == after.authority.name, Field::Authority);
    compare(before.authority.uscc == after.authority.uscc, Field::AuthorityUscc);
    compare(before.domain == after.domain, Field::Domain);
    compare(same(&before.remarks, &after.remarks), Field::Remarks);
    match (&before.details, &after.details) {
        (Details::Penalty(a), Details::Penalty(b)) => penalties(a, b, &mut compare),
        (Details::Coercion(a), Details::Coercion(b)) => coercions(a, b, &mut compare),
        (Details::SeriousDishonesty(a), Details::SeriousDishonesty(b)) => listings(a, b, &mut compare),
        (Details::AbnormalOperation(a), Details::AbnormalOperation(b)) => {
            let (AbnormalOperation { cause, removal }, other) = (a, b);
            compare(*cause == other.cause, Field::Cause);
            removals(removal.as_ref(), other.removal.as_ref(), &mut compare);
        }
        (Details::Judgment(a), Details::Judgment(b)) => judgments(a, b, &mut compare),
        _ => compare(false, Field::Kind),
    }
    let places = table_of(after.kind()).standard();
    found.sort_by_key(|field| places.index_of(*field).unwrap_or(usize::MAX));
    found
}

fn penalties(before: &Penalty<'_>, after: &Penalty<'_>, compare: &mut impl FnMut(bool, Field)) {
    let Penalty {
        violation,
        facts,
        basis,
        categories,
        content,
        fine,
        confiscated,
        licence,
        valid_until,
        published_until,
        simplified,
        source_unit,
    } = before;
    compare(*violation == after.violation, Field::Violation);
    compare(*facts == after.facts, Field::Facts);
    compare(*basis == after.basis, Field::Basis);
    compare(categories.iter().eq(&after.categories), Field::Categories);
    compare(*content == after.content, Field::Content);
    compare(*fine == after.fine, Field::Fine);
    compare(*confiscated == after.confiscated, Field::Confiscated);
    compare(same(licence, &after.licence), Field::Licence);
    compare(*valid_until == after.valid_until, Field::ValidUntil);
    compare(*published_until == after.published_until, Field::PublishedUntil);
    compare(*simplified == after.simplified, Field::Simplified);
    compare(source_unit.name == after.source_unit.name, Field::SourceUnit);
    compare(source_unit.uscc == after.source_unit.uscc, Field::SourceUnitUscc);
}

fn coercions(before: &Coercion<'_>, after: &Coercion<'_>, compare: &mut impl FnMut(bool, Field)) {
    let Coercion { category, cause, basis, content, lifted } = before;
    compare(*category == after.category, Field::Category);
    compare(*cause == after.cause, Field::Cause);
    compare(*basis == after.basis, Field::Basis);
    compare(*content == after.content, Field::Content);
    compare(*lifted == after.lifted, Field::Lifted);
}

fn listings(before: &SeriousDishonesty<'_>, after: &SeriousDishonesty<'_>, compare: &mut impl FnMut(bool, Field)) {
    let SeriousDishonesty { list, cause, basis, removal } = before;
    compare(*list == after.list, Field::List);
    compare(*cause == after.cause, Field::Cause);
    compare(*basis == after.basis, Field::Basis);
    removals(removal.as_ref(), after.removal.as_ref(), compare);
}

fn removals(before: Option<&Removal<'_>>, after: Option<&Removal<'_>>, compare: &mut impl FnMut(bool, Field)) {
    let dates = [before.map(|removal| removal.date), after.map(|removal| removal.date)];
    let cause = |removal: Option<&Removal<'_>>| removal.map(|removal| removal.cause.to_string());
    compare(dates[0] == dates[1], Field::Removed);
    compare(cause(before) == cause(after), Field::RemovalCause);
}

fn judgments(before: &Judgment<'_>, after: &Judgment<'_>, compare: &mut impl FnMut(bool, Field)) {
    let Judgment { offence, document_type, outcome, effective } = before;
    compare(*offence == after.offence, Field::Offence);
    compare(*document_type == after.document_type, Field::DocumentType);
    compare(*outcome == after.outcome, Field::Outcome);
    compare(*effective == after.effective, Field::Effective);
}

fn same(before: &Option<Cow<'_, str>>, after: &Option<Cow<'_, str>>) -> bool {
    before.as_deref() == after.as_deref()
}

/// The headers of what differs between two texts of JSON, of entries whose keys are the fields of a table's columns: of the
/// subject register, manifests, repairs, withdrawals and removals.
pub fn differing_json(table: TableId, before: &str, after: &str) -> Vec<String> {
    let parsed =
        |text: &str| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).unwrap_or_default();
    let (before, after) = (parsed(before), parsed(after));
    // Where a key is not the field's own name: dates of marks are the decision's, and manifests' periods have two.
    let field = |key: &str| match (table, key) {
        (TableId::Repair | TableId::Withdrawal | TableId::Removal | TableId::Cancellation, "date") => {
            "decided".to_owned()
        }
        (TableId::Cancellation, "document") => Field::CancellationDocument.name().to_owned(),
        (TableId::Cancellation, "cause") => Field::CancellationCause.name().to_owned(),
        (TableId::Cancellation, "cancels") => Field::CancelledMark.name().to_owned(),
        (TableId::Repair, "document") => Field::RepairDocument.name().to_owned(),
        (TableId::Withdrawal, "document") => Field::WithdrawalDocument.name().to_owned(),
        (TableId::Removal, "document") => Field::RemovalDocument.name().to_owned(),
        (TableId::Removal, "cause") => Field::RemovalCause.name().to_owned(),
        (TableId::Manifest, "from") => Field::PeriodFrom.name().to_owned(),
        (TableId::Manifest, "to") => Field::PeriodTo.name().to_owned(),
        _ => key.to_owned(),
    };
    let differs = |name: &str| {
        let all = before.keys().chain(after.keys());
        let own = all.filter(|key| field(key) == name);
        own.into_iter().any(|key| before.get(key) != after.get(key))
    };
    let columns = table.standard().columns.iter().filter(|column| differs(column.field.name()));
    columns.map(|column| column.header.clone()).collect()
}

/// The table of a kind's records.
pub fn table_of(kind: RecordKind) -> TableId {
    TableId::ALL.into_iter().find(|table| table.record_kind() == Some(kind)).unwrap_or(TableId::Penalty)
}

/// The header of a field in the table of a kind's records.
pub fn header_of(kind: RecordKind, field: Field) -> &'static str {
    let table = table_of(kind).standard();
    let column = table.index_of(field).and_then(|index| table.columns.get(index));
    column.map_or("记录类别", |column| column.header.as_str())
}
