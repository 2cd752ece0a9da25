//! What the API's answers say, read by name. `openapi.yaml` holds the answers to their shapes; what is not there reads as
//! nothing.

use jiff::Timestamp;
use serde_json::Value;
use xinzheng_domain::china_time;

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
