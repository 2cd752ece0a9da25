//! Checked values put together into an entry.

use std::borrow::Cow;

use smallvec::SmallVec;
use xinzheng_domain::identity::subject::{RegisterType, RegistrationStatus, SubjectType};
use xinzheng_domain::record::{
    AbnormalOperation, Cancellation, Coercion, Details, Judgment, ListRemoval, Mark, MarkKind, MarkedRecord, Penalty,
    RecordSubject, Removal, Repair, SeriousDishonesty, Withdrawal,
};
use xinzheng_domain::{
    DomainId, Entry, Field, Manifest, Record, RecordId, RecordKind, SubjectId, SubjectProfile, TableId,
};

use crate::fields::Fields;
use crate::value::Value;

/// The identity document of a natural person, already hashed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PersonIdentity {
    pub(crate) id: SubjectId,
    pub(crate) masked: String,
}

/// The entry that the row's values make; `None` when one is missing that the table's rules should have asked for.
#[inline]
pub(crate) fn entry<'r>(fields: &mut Fields<'_, 'r>, identity: Option<PersonIdentity>) -> Option<Entry<'r>> {
    match fields.surroundings.sender.table {
        TableId::Subject => profile(fields).map(Entry::Subject),
        TableId::Repair | TableId::Withdrawal | TableId::Removal | TableId::Cancellation => {
            marked(fields, identity).map(Entry::Mark)
        }
        TableId::Manifest => manifest(fields).map(Entry::Manifest),
        _ => record(fields, identity).map(Entry::Record),
    }
}

fn manifest<'r>(fields: &mut Fields<'_, 'r>) -> Option<Manifest<'r>> {
    Some(Manifest {
        unit: fields.surroundings.sender.unit,
        kind: RecordKind::from_title(fields.code(Field::Kind)?)?,
        from: fields.date(Field::PeriodFrom)?,
        to: fields.date(Field::PeriodTo)?,
        count: match fields.get(Field::Count) {
            Value::Count(count) => *count,
            _ => return None,
        },
        documents: match fields.take(Field::Documents) {
            Value::Documents(documents) => documents,
            _ => vec![],
        },
        remarks: fields.text(Field::Remarks),
    })
}

fn profile<'r>(fields: &mut Fields<'_, 'r>) -> Option<SubjectProfile<'r>> {
    let Value::Division(division) = *fields.get(Field::Division) else { return None };
    Some(SubjectProfile {
        uscc: fields.uscc(Field::Uscc)?,
        name: fields.text(Field::Name)?,
        register_type: RegisterType::from_title(fields.code(Field::RegisterType)?)?,
        legal_representative: fields.text(Field::LegalRepresentative)?,
        authority: fields.text(Field::Authority)?,
        division,
        established: fields.date(Field::Established)?,
        status: RegistrationStatus::from_title(fields.code(Field::Status)?)?,
        address: fields.text(Field::Address),
    })
}

fn subject_id(fields: &Fields<'_, '_>, identity: Option<&PersonIdentity>) -> Option<SubjectId> {
    match fields.code(Field::SubjectType)? {
        "自然人" => identity.map(|identity| identity.id),
        _ => fields.uscc(Field::Uscc).map(SubjectId::Organisation),
    }
}

#[inline]
fn record<'r>(fields: &mut Fields<'_, 'r>, identity: Option<PersonIdentity>) -> Option<Record<'r>> {
    let sender = fields.surroundings.sender;
    let subject_type = SubjectType::from_title(fields.code(Field::SubjectType)?)?;
    let subject = subject_id(fields, identity.as_ref())?;
    let details = details(fields)?;
    let domain = match *fields.get(Field::Domain) {
        Value::Domain(domain) => domain,
        // Tables without 涉及领域: the unit's only domain, or the one that this kind of record always has.
        _ => default_domain(fields, details.kind())?,
    };
    let list = match &details {
        Details::SeriousDishonesty(entry) => Some(entry.list.as_ref()),
        _ => None,
    };
    let document = fields.document(Field::Document)?;
    let mut other_codes = SmallVec::new();
    for field in Field::OTHER_CODES {
        if let Some(code) = fields.text(field) {
            other_codes.push((Cow::Borrowed(fields.standard_header(field)), code));
        }
    }
    Some(Record {
        id: RecordId::of(details.kind(), sender.unit, &document, &subject, list),
        unit: sender.unit,
        domain,
        subject: RecordSubject {
            id: subject,
            name: fields.text(Field::Name)?,
            subject_type,
            masked_id_number: identity.map(|identity| Cow::Owned(identity.masked)),
            legal_representative: fields.text(Field::LegalRepresentative),
            other_codes,
        },
        document,
        decided: fields.date(Field::Decided)?,
        authority: fields.authority(Field::Authority, Field::AuthorityUscc)?,
        remarks: fields.text(Field::Remarks),
        details,
    })
}

fn default_domain(fields: &Fields<'_, '_>, kind: RecordKind) -> Option<DomainId> {
    let unit = fields.surroundings.sender.directory_row()?;
    match unit.domains.as_slice() {
        [only] => Some(*only),
        _ => unit.default_domain.get(&kind).copied(),
    }
}

fn details<'r>(fields: &mut Fields<'_, 'r>) -> Option<Details<'r>> {
    let removal = match (fields.date(Field::Removed), fields.text(Field::RemovalCause)) {
        (Some(date), Some(cause)) => Some(Removal { date, cause }),
        _ => None,
    };
    Some(match fields.surroundings.sender.table.record_kind()? {
        RecordKind::Penalty => Details::Penalty(Penalty {
            violation: fields.text(Field::Violation)?,
            facts: fields.text(Field::Facts)?,
            basis: fields.text(Field::Basis)?,
            categories: fields.codes(Field::Categories)?,
            content: fields.text(Field::Content)?,
            fine: fields.amount(Field::Fine),
            confiscated: fields.amount(Field::Confiscated),
            licence: fields.text(Field::Licence),
            valid_until: fields.date(Field::ValidUntil),
            published_until: fields.date(Field::PublishedUntil),
            simplified: fields.flag(Field::Simplified),
            source_unit: fields.authority(Field::SourceUnit, Field::SourceUnitUscc)?,
        }),
        RecordKind::Coercion => Details::Coercion(Coercion {
            category: Cow::Borrowed(fields.code(Field::Category)?),
            cause: fields.text(Field::Cause)?,
            basis: fields.text(Field::Basis)?,
            content: fields.text(Field::Content)?,
            lifted: fields.date(Field::Lifted),
        }),
        RecordKind::SeriousDishonesty => Details::SeriousDishonesty(SeriousDishonesty {
            list: fields.list(Field::List)?,
            cause: fields.text(Field::Cause)?,
            basis: fields.text(Field::Basis)?,
            removal,
        }),
        RecordKind::AbnormalOperation => {
            Details::AbnormalOperation(AbnormalOperation { cause: fields.text(Field::Cause)?, removal })
        }
        RecordKind::Judgment => Details::Judgment(Judgment {
            offence: fields.text(Field::Offence)?,
            document_type: fields.text(Field::DocumentType)?,
            outcome: fields.text(Field::Outcome)?,
            effective: fields.date(Field::Effective)?,
        }),
    })
}

fn marked<'r>(fields: &mut Fields<'_, 'r>, identity: Option<PersonIdentity>) -> Option<MarkedRecord<'r>> {
    let sender = fields.surroundings.sender;
    let kind = RecordKind::from_title(fields.code(Field::Kind)?)?;
    let subject = subject_id(fields, identity.as_ref())?;
    let list: Option<&'static str> = match kind {
        RecordKind::SeriousDishonesty => Some(match *fields.get(Field::List) {
            Value::List(list) => list,
            _ => sender.directory_row()?.lists.first()?,
        }),
        _ => None,
    };
    let of = fields.document(Field::Document)?;
    let id = RecordId::of(kind, sender.unit, &of, &subject, list);
    let authority = fields.text(Field::Authority)?;
    let date = fields.date(Field::Decided)?;
    let mark = match sender.table {
        TableId::Repair => {
            let document = fields.document(Field::RepairDocument)?;
            Mark::Repair(Repair { authority, document, date, content: fields.text(Field::Content) })
        }
        TableId::Cancellation => Mark::Cancellation(Cancellation {
            cancels: MarkKind::from_title(fields.code(Field::CancelledMark)?)?,
            authority,
            document: fields.document(Field::CancellationDocument),
            date,
            cause: fields.text(Field::CancellationCause)?,
        }),
        TableId::Removal => {
            let removal = Removal { date, cause: fields.text(Field::RemovalCause)? };
            Mark::Removal(ListRemoval { authority, document: fields.document(Field::RemovalDocument), removal })
        }
        _ => {
            let document = fields.document(Field::WithdrawalDocument)?;
            Mark::Withdrawal(Withdrawal { authority, document, date, cause: Cow::Borrowed(fields.code(Field::Cause)?) })
        }
    };
    Some(MarkedRecord { id, kind, of, subject, unit: sender.unit, mark })
}
