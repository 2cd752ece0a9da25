//! The schemas of values that are written as texts and numbers (JSON Schema 2020-12), as the description of the API has them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::audit::{Action, Coded, Role};
use crate::case::attachment::AttachmentId;
use crate::case::commitment::CommitmentId;
use crate::case::living_code::LivingCode;
use crate::case::notice::NoticeId;
use crate::case::objection::ObjectionId;
use crate::case::repair_application::RepairApplicationId;
use crate::case::webhook::WebhookId;
use crate::manifest::ManifestId;
use crate::month::Month;
use crate::report::ContentDigest;
use crate::{
    Amount, DocumentNumber, DomainId, RecordId, ReportNumber, SourcePosition, SubjectId, UnitCode, UploadId, Uscc,
    VerificationCode,
};

/// The schema of a type that is written as a text of a form.
macro_rules! written {
    ($($type:ty, $name:literal, $about:literal, $pattern:literal, $example:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $about, "pattern": $pattern, "examples": [$example] })
            }
        }
    )*};
}

written! {
    VerificationCode, "Code", "100 bits in Crockford's base32 with a check character",
        "^[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}$", "NMPT1N9-62KBSFK-J25YP2T";
    LivingCode, "LivingCode", "100 bits in Crockford's base32 with a check character; never a code of a report or grant",
        "^[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}$", "NMPT1N9-62KBSFK-J25YP2A";
    ReportNumber, "ReportNumber", "The number of a report: its day and random bits",
        "^CZXY-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{8}$", "CZXY-20261123-TT102VAK";
    RecordId, "RecordId", "The id of a record", "^[0-9a-f]{32}$", "5f0c1b7de2a94c3f8d6e7a1b2c3d4e5f";
    SubjectId, "SubjectId", "A USCC, or the hashed id of a natural person",
        "^([0-9A-HJ-NPQRTUWXY]{18}|P-[0-9a-f]{40})$", "91140403XN10000145";
    Uscc, "Uscc", "统一社会信用代码 (GB 32100-2015)", "^[0-9A-HJ-NPQRTUWXY]{18}$", "91140403XN10000145";
    UnitCode, "Unit", "Code of a source unit; of a county office with its division's code behind it",
        "^[a-z][a-z-]*(-[0-9]{6})?$", "market-supervision-140403";
    Month, "Month", "From 2022-08 on", "^20[0-9]{2}-[0-9]{2}$", "2025-11";
    ContentDigest, "Sha256", "SHA-256, hexadecimal", "^[0-9a-f]{64}$",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    DocumentNumber<'_>, "DocumentNumber", "文号 or 案号", "^.{1,128}$", "长市监罚〔2025〕12号";
    Amount, "Amount", "An amount in 万元", "^[0-9]+(\\.[0-9]{1,6})?$", "1.5";
    ManifestId, "ManifestId", "The id of a manifest: kind and period", "^[a-z-]+_[0-9-]{10}_[0-9-]{10}$",
        "penalty_2025-11-01_2025-11-30";
    SourcePosition, "SourcePosition", "Where a row stands among all that was sent: later positions win", "^.+$",
        "2025-11-03T08:00:00.000Z#0f3a#000012";
    ObjectionId, "ObjectionId", "The id of an objection", "^YY-[0-9]{8}-[0-9A-F]{13}$", "YY-20251103-0123456789ABC";
    RepairApplicationId, "RepairApplicationId", "The id of an application for repair", "^XF-[0-9]{8}-[0-9A-F]{13}$",
        "XF-20251103-0123456789ABC";
    CommitmentId, "CommitmentId", "The id of a commitment", "^CN-[0-9]{8}-[0-9A-F]{13}$", "CN-20251103-0123456789ABC";
    UploadId, "UploadNumber", "The id of an upload: 32 hexadecimal digits.", "^[0-9a-f]{32}$",
        "0f3a1b7de2a94c3f8d6e7a1b2c3d4e5f";
    AttachmentId, "AttachmentId", "The id of an attachment", "^FJ-[0-9a-f]{26}$", "FJ-0123456789abcdef0123456789";
    NoticeId, "NoticeId", "The id of a notice: the same when it is told again", "^msg_[0-9a-f]{32}$",
        "msg_5f0c1b7de2a94c3f8d6e7a1b2c3d4e5f";
    WebhookId, "WebhookId", "The id of a webhook", "^WH-[0-9a-f]{26}$", "WH-0123456789abcdef0123456789";
}

impl JsonSchema for Coded<Action> {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Action::ALL.iter().map(|action| action.code()).collect();
        json_schema!({ "type": "string", "description": "What was done; there may be more", "examples": codes })
    }
}

impl JsonSchema for Coded<Role> {
    fn schema_name() -> Cow<'static, str> {
        "Role".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "In which role", "enum": Role::ALL.map(Role::code) })
    }
}

impl JsonSchema for DomainId {
    fn schema_name() -> Cow<'static, str> {
        "DomainNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer", "description": "The number of a domain in annex 1", "minimum": 1, "maximum": 39,
            "examples": [25],
        })
    }
}
