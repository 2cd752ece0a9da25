//! Parameters of paths and queries: each type says how it is written, and what is wrong with what is not one.

use std::borrow::Cow;

use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_domain::case::commitment::CommitmentId;
use xinzheng_domain::case::objection::ObjectionId;
use xinzheng_domain::case::repair_application::RepairApplicationId;
use xinzheng_domain::case::webhook::WebhookId;
use xinzheng_domain::manifest::ManifestId;
use xinzheng_domain::month::Month;
use xinzheng_domain::{Purpose, RecordId, RecordKind, ReportNumber, SubjectId, TableId, UnitCode, UploadId};
use xinzheng_intake::ReturnReason;

use crate::problem::{self, Fault, Problem};

/// What stands in an address as it is (RFC 3986, 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of a path or as a value of a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A text as one segment of a path: never one that leads elsewhere, as `..` does however it is written (URL Standard, 4.1).
pub fn segment(text: &str) -> String {
    match text {
        "" | "." | ".." => "-".to_owned(),
        text => encoded(text),
    }
}

/// A value that a path or query names.
pub trait Parameter: Sized {
    /// What is wrong with a text that is none.
    const UNREADABLE: Fault;

    /// True when an empty text is the same as none: forms send the fields that nobody filled in.
    const EMPTY_IS_NONE: bool = false;

    /// The value that a text writes; `None` when it writes none.
    fn read(text: &str) -> Option<Self>;

    /// As addresses write it.
    fn write(&self) -> String;
}

/// The parameters of a path or query.
pub trait Parameters: Sized {
    /// Reads them; `values` gives every text that stands under a name.
    ///
    /// # Errors
    ///
    /// The problem of the first that is missing or cannot be read.
    fn read<'v>(values: impl Fn(&str) -> Vec<Cow<'v, str>>) -> Result<Self, Problem>;

    /// Name and value of each that is there.
    fn pairs(&self) -> Vec<(&'static str, String)>;
}

/// How a field of [`Parameters`] is read: a value that must be there, that may be, or several.
pub trait Field: Sized {
    /// Reads the texts that stand under the field's name.
    ///
    /// # Errors
    ///
    /// The problem of one that cannot be read, or that it is missing.
    fn read(name: &'static str, texts: &[&str]) -> Result<Self, Problem>;

    /// As addresses write it.
    fn write(&self) -> Vec<String>;
}

fn value<T: Parameter>(name: &'static str, text: &str) -> Result<T, Problem> {
    T::read(text).ok_or_else(|| {
        let problem = Problem::from(T::UNREADABLE);
        if T::UNREADABLE.status == 404 { problem } else { problem.detail(format!("参数 {name}")) }
    })
}

impl<T: Parameter> Field for T {
    fn read(name: &'static str, texts: &[&str]) -> Result<Self, Problem> {
        match texts {
            [] => Err(Problem::from(problem::PARAMETER_MISSING).titled(format!("缺少参数 {name}"))),
            [text] => value(name, text),
            _ => Err(problem::PARAMETER_TWICE.detail(format!("参数 {name}"))),
        }
    }

    fn write(&self) -> Vec<String> {
        vec![Parameter::write(self)]
    }
}

impl<T: Parameter> Field for Option<T> {
    fn read(name: &'static str, texts: &[&str]) -> Result<Self, Problem> {
        match texts {
            [] => Ok(None),
            [""] if T::EMPTY_IS_NONE => Ok(None),
            [text] => value(name, text).map(Some),
            _ => Err(problem::PARAMETER_TWICE.detail(format!("参数 {name}"))),
        }
    }

    fn write(&self) -> Vec<String> {
        self.iter().map(Parameter::write).collect()
    }
}

/// Several values under one name, with commas between or the name again.
impl<T: Parameter> Field for Vec<T> {
    fn read(name: &'static str, texts: &[&str]) -> Result<Self, Problem> {
        // An empty text is none; a place between two commas that is empty is not.
        let each = texts.iter().filter(|text| !text.is_empty()).flat_map(|text| text.split(','));
        each.map(|text| value(name, text.trim())).collect()
    }

    fn write(&self) -> Vec<String> {
        if self.is_empty() {
            return vec![];
        }
        vec![self.iter().map(Parameter::write).collect::<Vec<_>>().join(",")]
    }
}

/// Defines the parameters of a path or query.
macro_rules! parameters {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$about:meta])* pub $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, schemars::JsonSchema)]
        pub struct $name {
            $($(#[$about])* pub $field: $type,)*
        }

        impl crate::parameter::Parameters for $name {
            fn read<'v>(values: impl Fn(&str) -> Vec<std::borrow::Cow<'v, str>>) -> Result<Self, crate::problem::Problem> {
                Ok(Self { $($field: {
                    let texts = values(stringify!($field));
                    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
                    crate::parameter::Field::read(stringify!($field), &texts)?
                },)* })
            }

            fn pairs(&self) -> Vec<(&'static str, String)> {
                let mut pairs = vec![];
                $(for value in crate::parameter::Field::write(&self.$field) {
                    pairs.push((stringify!($field), value));
                })*
                pairs
            }
        }
    )*};
}
pub(crate) use parameters;

/// No parameters.
impl Parameters for () {
    fn read<'v>(_: impl Fn(&str) -> Vec<Cow<'v, str>>) -> Result<Self, Problem> {
        Ok(())
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        vec![]
    }
}

impl Parameter for Date {
    const UNREADABLE: Fault = problem::DATE_UNREADABLE;
    const EMPTY_IS_NONE: bool = true;

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// Types with a form of their own.
macro_rules! forms {
    ($($type:ty, $unreadable:expr, $read:expr, $write:expr;)*) => {$(
        impl Parameter for $type {
            const UNREADABLE: Fault = $unreadable;

            fn read(text: &str) -> Option<Self> {
                ($read)(text)
            }

            fn write(&self) -> String {
                ($write)(self)
            }
        }
    )*};
}

forms! {
    // A text is what it is.
    String, problem::PARAMETER_MISSING, |text: &str| Some(text.to_owned()), Self::clone;
    Month, problem::MONTH_UNREADABLE, Self::parse, Self::to_string;
    UnitCode, problem::UNIT_UNKNOWN, Self::parse, Self::to_string;
    SubjectId, problem::SUBJECT_UNREADABLE, Self::parse, Self::to_string;
    RecordKind, problem::KIND_UNKNOWN,
        |text: &str| Self::ALL.into_iter().find(|kind| kind.code() == text), |kind: &Self| kind.code().to_owned();
    TableId, problem::TABLE_UNKNOWN, Self::parse, |table: &Self| table.code().to_owned();
    Action, problem::ACTION_UNKNOWN, |text: &str| text.parse().ok(), |action: &Self| action.code().to_owned();
    LookReason, problem::LOOK_REASON_UNKNOWN, Self::parse, |reason: &Self| reason.code().to_owned();
    Purpose, problem::PURPOSE_UNKNOWN,
        |text: &str| Self::ALL.into_iter().find(|purpose| purpose.code() == text), |purpose: &Self| purpose.code().to_owned();
    ReturnReason, problem::RETURN_REASON_UNKNOWN, Self::parse, |reason: &Self| reason.code().to_owned();
    bool, problem::FLAG_UNREADABLE, |text: &str| text.parse().ok(), Self::to_string;
    ReportNumber, problem::REPORT_UNKNOWN, Self::parse, Self::to_string;
    RecordId, problem::RECORD_UNKNOWN, Self::parse, Self::to_string;
    ManifestId, problem::MANIFEST_UNKNOWN, Self::parse, Self::to_string;
    ObjectionId, problem::OBJECTION_UNKNOWN, Self::parse, Self::to_string;
    RepairApplicationId, problem::REPAIR_UNKNOWN, Self::parse, Self::to_string;
    CommitmentId, problem::COMMITMENT_UNKNOWN, Self::parse, Self::to_string;
    WebhookId, problem::WEBHOOK_UNKNOWN, Self::parse, Self::to_string;
    UploadId, problem::UPLOAD_UNKNOWN, Self::parse, Self::to_string;
    AttachmentId, problem::ATTACHMENT_UNKNOWN, Self::parse, Self::to_string;
}
