//! Schedules run.

use super::Findings;
use crate::{Deployment, Rule};

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for function in template.functions() {
        for schedule in &function.schedules {
            if let Err(error) = schedule.check() {
                let detail = format!("{}: {error}", schedule.expression);
                findings.add(&function.logical_id, Rule::ScheduleExpression, detail);
            }
        }
    }
}
