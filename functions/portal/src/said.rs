//! What the API's answers say, read by name. `openapi.yaml` holds the answers to their shapes; what is not there reads as
//! nothing.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use xinzheng_domain::china_time;

use crate::elements::{PURPOSES, badge};

/// Fields of an answer.
pub(crate) trait Said {
    /// A text; empty when there is none.
    fn text(&self, name: &str) -> &str;
    /// A text that is not empty.
    fn filled(&self, name: &str) -> Option<&str>;
    /// A number; 0 when there is none.
    fn count(&self, name: &str) -> u64;
    /// A list; empty when there is none.
    fn list(&self, name: &str) -> &[Value];
    /// What stands there; null when there is nothing.
    fn at(&self, name: &str) -> &Value;
    /// A time, as people read it in China.
    fn time(&self, name: &str) -> String;
    /// True when it says so.
    fn yes(&self, name: &str) -> bool;
}

impl Said for Value {
    fn text(&self, name: &str) -> &str {
        self.at(name).as_str().unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn count(&self, name: &str) -> u64 {
        self.at(name).as_u64().unwrap_or_default()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.at(name).as_array().map_or(&[], Vec::as_slice)
    }

    fn at(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }

    fn time(&self, name: &str) -> String {
        let text = self.text(name);
        text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), |at| china_time::display(at).to_string())
    }

    fn yes(&self, name: &str) -> bool {
        self.at(name).as_bool().unwrap_or_default()
    }
}

/// How many records a report has, with measures in force apart.
pub(crate) fn found(report: &Value) -> String {
    let summary = report.at("summary");
    let (records, in_force) = (summary.count("records"), summary.count("in_force"));
    match in_force {
        0 => format!("记录 {records} 条"),
        in_force => format!("记录 {records} 条，期前作出、仍有效的措施 {in_force} 项"),
    }
}

/// A purpose by its code, for people.
pub(crate) fn purpose(code: &str) -> &'static str {
    PURPOSES.iter().find(|(_, known, _)| *known == code).map_or("", |(purpose, ..)| purpose.title())
}

/// A period of an answer.
pub(crate) fn period(of: &Value) -> Markup {
    let period = of.at("period");
    html! { (period.text("from")) " 至 " (period.text("to")) }
}

/// The version of an answer, as a change has to name it.
pub(crate) fn version(of: &Value) -> String {
    format!("\"{}\"", of.count("version"))
}

/// How a report stands.
pub(crate) fn report_badge(status: &str) -> Markup {
    match status {
        "valid" => badge("good", "✓ 内容未变"),
        "superseded" => badge("warn", "↻ 已有新报告"),
        "supplemented" => badge("warn", "! 有新归集的记录"),
        "affected" => badge("warn", "! 内容有变化"),
        "withdrawn" => badge("bad", "✗ 已收回"),
        _ => html! {},
    }
}

/// How a case, commitment or grant stands.
pub(crate) fn state_badge(state: &str, title: &str) -> Markup {
    let class = match state {
        "upheld" | "granted" | "kept" | "active" => "good",
        "submitted" | "accepted" | "made" => "warn",
        "broken" | "false" => "bad",
        _ => "soft",
    };
    badge(class, title)
}

/// The attachments of a case, under its address.
pub(crate) fn attachments(case: &Value, address: &str) -> Markup {
    let attachments = case.list("attachments");
    html! {
        @if !attachments.is_empty() {
            dt { "附件" }
            dd { ul { @for one in attachments { li { a href={ (address) "/" (one.text("id")) } { (one.text("name")) } } } } }
        }
    }
}
