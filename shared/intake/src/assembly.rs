//! Checked values put together into an entry.

use jiff::civil::Date;
use xinzheng_domain::record::{
    AbnormalOperation, Authority, Coercion, Details, Judgment, Mark, MarkedRecord, Penalty, RecordSubject, Removal,
    Repair, SeriousDishonesty, Withdrawal,
};
use xinzheng_domain::subject::{RegisterType, RegistrationStatus, SubjectType};
use xinzheng_domain::{
    Amount, DocumentNumber, DomainId, Entry, Record, RecordId, RecordKind, SubjectId, SubjectProfile, TableId, Uscc,
};

use crate::check::{Fields, PersonIdentity, Value};

/// The entry that the row's values make; `None` when one is missing that the table's rules should have asked for.
pub(crate) fn entry(fields: &Fields<'_, '_>, identity: Option<&PersonIdentity>) -> Option<Entry> {
    match fields.checker.sender.table {
        TableId::Subject => profile(fields).map(Box::new).map(Entry::Subject),
        TableId::Repair | TableId::Withdrawal => marked(fields, identity).map(Box::new).map(Entry::Mark),
        _ => record(fields, identity).map(Box::new).map(Entry::Record),
    }
}

fn profile(fields: &Fields<'_, '_>) -> Option<SubjectProfile> {
    let Value::Division(division) = *fields.get("division") else { return None };
    Some(SubjectProfile {
        uscc: fields.uscc("uscc")?,
        name: fields.text("name")?,
        register_type: RegisterType::from_title(fields.code("register_type")?)?,
        legal_representative: fields.text("legal_representative")?,
        authority: fields.text("authority")?,
        division,
        established: fields.date("established")?,
        status: RegistrationStatus::from_title(fields.code("status")?)?,
        address: fields.text("address"),
    })
}

fn subject_id(fields: &Fields<'_, '_>, identity: Option<&PersonIdentity>) -> Option<SubjectId> {
    match fields.code("subject_type")? {
        "自然人" => identity.map(|identity| identity.id),
        _ => fields.uscc("uscc").map(SubjectId::Organisation),
    }
}

fn record(fields: &Fields<'_, '_>, identity: Option<&PersonIdentity>) -> Option<Record> {
    let sender = fields.checker.sender;
    let details = details(fields)?;
    let domain = match *fields.get("domain") {
        Value::Domain(domain) => domain,
        // Tables without 涉及领域: the unit's only domain, or the one that this kind of record always has.
        _ => default_domain(fields, details.kind())?,
    };
    let list = match &details {
        Details::SeriousDishonesty(entry) => Some(entry.list.as_str()),
        _ => None,
    };
    let id = subject_id(fields, identity)?;
    let document = fields.document("document")?;
    let other_codes = [
        "business_registration",
        "organisation_code",
        "tax_registration",
        "institution_certificate",
        "social_organisation_certificate",
    ];
    Some(Record {
        id: RecordId::of(details.kind(), sender.unit, &document, &id, list),
        unit: sender.unit,
        domain,
        subject: RecordSubject {
            id,
            name: fields.text("name")?,
            subject_type: SubjectType::from_title(fields.code("subject_type")?)?,
            masked_id_number: identity.map(|identity| identity.masked.clone()),
            legal_representative: fields.text("legal_representative"),
            other_codes: other_codes
                .into_iter()
                .filter_map(|field| fields.text(field).map(|code| (fields.standard_header(field), code)))
                .collect(),
        },
        document,
        decided: fields.date("decided")?,
        authority: fields.authority("authority", "authority_uscc")?,
        remarks: fields.text("remarks"),
        details,
    })
}

fn default_domain(fields: &Fields<'_, '_>, kind: RecordKind) -> Option<DomainId> {
    let unit = fields.checker.sender.directory_row()?;
    match unit.domains.as_slice() {
        [only] => Some(*only),
        _ => unit.default_domain.get(&kind).copied(),
    }
}

fn details(fields: &Fields<'_, '_>) -> Option<Details> {
    let removal = || match (fields.date("removed"), fields.text("removal_cause")) {
        (Some(date), Some(cause)) => Some(Removal { date, cause }),
        _ => None,
    };
    Some(match fields.checker.sender.table.record_kind()? {
        RecordKind::Penalty => Details::Penalty(Penalty {
            violation: fields.text("violation")?,
            facts: fields.text("facts")?,
            basis: fields.text("basis")?,
            categories: fields.codes("categories")?,
            content: fields.text("content")?,
            fine: fields.amount("fine"),
            confiscated: fields.amount("confiscated"),
            licence: fields.text("licence"),
            valid_until: fields.date("valid_until"),
            published_until: fields.date("published_until"),
            simplified: fields.flag("simplified"),
            source_unit: fields.authority("source_unit", "source_unit_uscc")?,
        }),
        RecordKind::Coercion => Details::Coercion(Coercion {
            category: fields.code("category")?.to_owned(),
            cause: fields.text("cause")?,
            basis: fields.text("basis")?,
            content: fields.text("content")?,
            lifted: fields.date("lifted"),
        }),
        RecordKind::SeriousDishonesty => Details::SeriousDishonesty(SeriousDishonesty {
            list: fields.list("list")?,
            cause: fields.text("cause")?,
            basis: fields.text("basis")?,
            removal: removal(),
        }),
        RecordKind::AbnormalOperation => {
            Details::AbnormalOperation(AbnormalOperation { cause: fields.text("cause")?, removal: removal() })
        }
        RecordKind::Judgment => Details::Judgment(Judgment {
            offence: fields.text("offence")?,
            document_type: fields.text("document_type")?,
            outcome: fields.text("outcome")?,
            effective: fields.date("effective")?,
        }),
    })
}

fn marked(fields: &Fields<'_, '_>, identity: Option<&PersonIdentity>) -> Option<MarkedRecord> {
    let sender = fields.checker.sender;
    let kind = RecordKind::from_title(fields.code("kind")?)?;
    let subject = subject_id(fields, identity)?;
    let list = match kind {
        RecordKind::SeriousDishonesty => Some(match fields.list("list") {
            Some(list) => list,
            None => sender.directory_row()?.lists.first()?.clone(),
        }),
        _ => None,
    };
    let id = RecordId::of(kind, sender.unit, &fields.document("document")?, &subject, list.as_deref());
    let authority = fields.text("authority")?;
    let date = fields.date("decided")?;
    let mark = if sender.table == TableId::Repair {
        let document = fields.document("repair_document")?;
        Mark::Repair(Repair { authority, document, date, content: fields.text("content") })
    } else {
        let document = fields.document("withdrawal_document")?;
        Mark::Withdrawal(Withdrawal { authority, document, date, cause: fields.code("cause")?.to_owned() })
    };
    Some(MarkedRecord { id, subject, mark })
}

/// Values by type.
impl Fields<'_, '_> {
    fn text(&self, field: &str) -> Option<String> {
        match self.get(field) {
            Value::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        }
    }

    fn uscc(&self, field: &str) -> Option<Uscc> {
        match self.get(field) {
            Value::Uscc(uscc) => Some(*uscc),
            _ => None,
        }
    }

    fn date(&self, field: &str) -> Option<Date> {
        match self.get(field) {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }

    fn amount(&self, field: &str) -> Option<Amount> {
        match self.get(field) {
            Value::Amount(amount) => Some(*amount),
            _ => None,
        }
    }

    fn flag(&self, field: &str) -> Option<bool> {
        match self.get(field) {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    fn code(&self, field: &str) -> Option<&'static str> {
        match self.get(field) {
            Value::Code(code) => Some(code),
            _ => None,
        }
    }

    fn codes(&self, field: &str) -> Option<Vec<String>> {
        match self.get(field) {
            Value::Codes(codes) => Some(codes.iter().map(|&code| code.to_owned()).collect()),
            _ => None,
        }
    }

    fn list(&self, field: &str) -> Option<String> {
        match self.get(field) {
            Value::List(list) => Some((*list).to_owned()),
            _ => None,
        }
    }

    fn document(&self, field: &str) -> Option<DocumentNumber> {
        match self.get(field) {
            Value::Document(document) => Some(document.clone()),
            _ => None,
        }
    }

    fn authority(&self, name: &str, uscc: &str) -> Option<Authority> {
        Some(Authority { name: self.text(name)?, uscc: self.uscc(uscc)? })
    }

    fn standard_header(&self, field: &str) -> String {
        let table = self.checker.table;
        table.index_of(field).and_then(|index| table.columns.get(index)).map_or_else(String::new, |c| c.header.clone())
    }
}
