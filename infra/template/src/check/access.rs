//! Policies name what they allow.

use super::Findings;
use crate::policy::Statement;
use crate::{Deployment, Expression, Rule};

/// Policies that somebody else wrote and a role may take: the actions of X-Ray know no resource, so that a policy of
/// our own would have to allow them on everything too.
const MANAGED_POLICIES: &[&str] = &["arn:${AWS::Partition}:iam::aws:policy/AWSXRayDaemonWriteAccess"];

/// Actions that know no resource; what they give is what others allow.
const WITHOUT_RESOURCE: &[&str] = &["secretsmanager:BatchGetSecretValue"];

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for role in template.roles() {
        for policy in role.managed.iter().map(ToString::to_string) {
            let own = template.managed_policies().iter().any(|own| policy == format!("${{{}}}", own.logical_id));
            let known = own || MANAGED_POLICIES.contains(&policy.as_str());
            findings.require(known, &role.logical_id, Rule::ManagedPolicy, policy);
        }
        role.statements.iter().for_each(|statement| check_statement(&role.logical_id, statement, findings));
    }
    for policy in template.managed_policies() {
        policy.statements.iter().for_each(|statement| check_statement(&policy.logical_id, statement, findings));
    }
    for policy in template.queue_policies().iter().chain(template.bucket_policies()) {
        policy.statements.iter().for_each(|statement| check_statement(&policy.logical_id, statement, findings));
    }
}

fn check_statement(id: &str, statement: &Statement, findings: &mut Findings) {
    if !statement.allows {
        return;
    }
    for action in statement.actions.iter().filter(|action| action.contains(['*', '?'])) {
        findings.add(id, Rule::WildcardAction, action.as_str());
    }
    if statement.actions.iter().all(|action| WITHOUT_RESOURCE.contains(&action.as_str())) {
        return;
    }
    for resource in statement.resources.iter().filter(|resource| names_everything(resource)) {
        findings.add(id, Rule::WildcardResource, resource.to_string());
    }
}

/// `*`, or a resource with `/*` or `:*` right behind its ARN.
fn names_everything(resource: &Expression) -> bool {
    match resource {
        Expression::Literal(text) => text.contains('*'),
        Expression::Joined(parts) => match parts.as_slice() {
            [Expression::Literal(text)] => text.contains('*'),
            [_, Expression::Literal(rest)] => matches!(rest.as_str(), "*" | "/*" | ":*"),
            _ => false,
        },
        Expression::Ref(_) | Expression::Attribute(..) => false,
    }
}
