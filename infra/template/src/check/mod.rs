//! The checks, one subject a file.

mod access;
mod delivery;
mod http;
mod permission;
mod schedule;
mod storage;

use crate::{Deployment, Finding, Rule};

/// Everything that breaks a rule, by resource.
pub(crate) fn all(template: &Deployment) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    delivery::check(template, &mut findings);
    schedule::check(template, &mut findings);
    access::check(template, &mut findings);
    permission::check(template, &mut findings);
    http::check(template, &mut findings);
    storage::check(template, &mut findings);
    findings.0.sort();
    findings.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, resource: &str, rule: Rule, detail: impl Into<String>) {
        self.0.push(Finding { resource: resource.to_owned(), rule, detail: detail.into() });
    }

    /// Adds the finding unless the rule is kept.
    fn require(&mut self, kept: bool, resource: &str, rule: Rule, detail: impl Into<String>) {
        if !kept {
            self.add(resource, rule, detail);
        }
    }
}
