//! The schemas of days and moments, which their own crate has none of.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The schema of a day: `2025-11-03`. [`jiff::civil::Date`] has none of its own.
pub struct Day;

/// The schema of a moment: `2025-11-03T08:00:00Z` (RFC 3339). [`jiff::Timestamp`] has none of its own.
pub struct Moment;

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "examples": ["2025-11-03"] })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "examples": ["2025-11-03T08:00:00Z"] })
    }
}
