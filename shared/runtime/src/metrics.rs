//! Metrics in CloudWatch's embedded format: a line of JSON in the log that becomes a metric, without a call.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Where metrics go.
#[derive(Clone)]
pub struct Metrics(Arc<dyn Fn(&str) + Send + Sync>);

impl Metrics {
    /// To standard output, which is the log on Lambda.
    pub fn log() -> Self {
        Self::of(|line| println!("{line}"))
    }

    /// To whoever takes the lines.
    pub fn of(take: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    /// Tells counts by their names, in this namespace.
    pub fn tell(&self, namespace: &str, at: Timestamp, counts: &[(&str, u64)]) {
        let names: Vec<Value> = counts.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
        let mut line = Map::from_iter([(
            "_aws".to_owned(),
            json!({
                "Timestamp": at.as_millisecond(),
                "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": [[]], "Metrics": names }],
            }),
        )]);
        line.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
        (self.0)(&Value::Object(line).to_string());
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_line_names_its_metrics() {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let taken = Arc::clone(&lines);
        let metrics = Metrics::of(move |line| taken.lock().unwrap().push(line.to_owned()));
        metrics.tell("xinzheng", "2025-11-03T02:00:00Z".parse().unwrap(), &[("OverdueObjections", 2)]);
        let line: Value = serde_json::from_str(&lines.lock().unwrap()[0]).unwrap();
        assert_eq!(line["OverdueObjections"], 2);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "OverdueObjections");
        assert_eq!(line["_aws"]["Timestamp"], 1_762_135_200_000_i64);
    }
}
