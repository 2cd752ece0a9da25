//! What a function is given and what it may use are the same things.

use std::collections::BTreeSet;

use super::Findings;
use crate::policy::{ManagedPolicy, Role};
use crate::{Deployment, FunctionDefinition, Reference, Rule};

/// Types of resources that a function needs permission for, and how the actions on them start.
const GUARDED: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "dynamodb:"),
    ("AWS::S3::Bucket", "s3:"),
    ("AWS::SecretsManager::Secret", "secretsmanager:GetSecretValue"),
    ("AWS::SQS::Queue", "sqs:"),
    ("AWS::Logs::LogGroup", "logs:PutLogEvents"),
];

/// With what a function reads all its secrets at once; which ones is said by `secretsmanager:GetSecretValue`.
const READ_TOGETHER: &str = "secretsmanager:BatchGetSecretValue";

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for function in template.functions() {
        let id = &function.logical_id;
        let role = template.roles().iter().find(|role| Some(&role.logical_id) == function.role.as_ref());
        let Some(role) = role else {
            findings.add(id, Rule::OwnRole, "has no role in this template");
            continue;
        };
        let sharing = template.functions().iter().find(|other| other.logical_id != *id && other.role == function.role);
        if let Some(other) = sharing {
            findings.add(id, Rule::OwnRole, format!("shares {} with {}", role.logical_id, other.logical_id));
            continue;
        }
        check_function(template, function, role, findings);
    }
}

fn check_function(template: &Deployment, function: &FunctionDefinition, role: &Role, findings: &mut Findings) {
    let service = |resource: &str| {
        let kind = template.type_of(resource)?;
        GUARDED.iter().find_map(|(guarded, service)| (*guarded == kind).then_some(*service))
    };
    let given = given(function);
    for resource in &given {
        if let Some(service) = service(resource) {
            let allowed = role.statements.iter().any(|statement| statement.allows_on(service, resource));
            let detail = format!("is given {resource}, and {} does not allow {service} on it", role.logical_id);
            findings.require(allowed, &function.logical_id, Rule::MissingPermission, detail);
        }
    }
    let reads_secrets = given.iter().any(|resource| service(resource) == Some("secretsmanager:GetSecretValue"));
    let may = !reads_secrets || allows(template, role, READ_TOGETHER);
    let detail = format!("reads its secrets with one call, and {} does not allow {READ_TOGETHER}", role.logical_id);
    findings.require(may, &function.logical_id, Rule::MissingPermission, detail);
    for source in &function.sources {
        for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
            let allowed = role.statements.iter().any(|statement| statement.allows_on(action, &source.queue));
            let detail = format!("receives from {}, and {} does not allow {action}", source.queue, role.logical_id);
            findings.require(allowed, &function.logical_id, Rule::MissingPermission, detail);
        }
    }
    for source in &function.streams {
        for action in ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"] {
            let allowed = role.statements.iter().any(|statement| statement.allows_on(action, &source.table));
            let detail = format!("receives from {}, and {} does not allow {action}", source.table, role.logical_id);
            findings.require(allowed, &function.logical_id, Rule::MissingPermission, detail);
        }
        for (destination, action) in source.given_up.iter().flat_map(|destination| {
            let is_bucket = template.type_of(destination) == Some("AWS::S3::Bucket");
            // Lambda looks whether the bucket is there.
            let actions = if is_bucket { &["s3:PutObject", "s3:ListBucket"][..] } else { &["sqs:SendMessage"] };
            actions.iter().map(move |action| (destination, *action))
        }) {
            let allowed = role.statements.iter().any(|statement| statement.allows_on(action, destination));
            let detail = format!("gives up to {destination}, and {} does not allow {action}", role.logical_id);
            findings.require(allowed, &function.logical_id, Rule::MissingPermission, detail);
        }
        let has_stream =
            template.tables().iter().any(|table| table.logical_id == source.table && table.stream.is_some());
        findings.require(has_stream, &function.logical_id, Rule::Stream, format!("{} has no stream", source.table));
        let reports = source.reports_item_failures && source.given_up.is_some();
        findings.require(
            reports,
            &function.logical_id,
            Rule::Stream,
            "what fails is not named, or has nowhere to go: one bad change would hold up all behind it",
        );
    }
    let used = role.statements.iter().filter(|statement| statement.allows).flat_map(|statement| &statement.resources);
    let used: BTreeSet<_> = used.flat_map(|resource| resource.references()).map(|it| it.name()).collect();
    for resource in used.difference(&given).filter(|resource| service(resource).is_some()) {
        let detail = format!("may use {resource}, which {} is not given", function.logical_id);
        findings.add(&role.logical_id, Rule::UnusedPermission, detail);
    }
}

/// Whether a role, or a policy of this template that it takes, allows an action on anything.
fn allows(template: &Deployment, role: &Role, action: &str) -> bool {
    let taken = |policy: &&ManagedPolicy| {
        role.managed.iter().any(|managed| managed.to_string() == format!("${{{}}}", policy.logical_id))
    };
    let taken = template.managed_policies().iter().filter(taken).flat_map(|policy| &policy.statements);
    role.statements.iter().chain(taken).any(|it| it.allows && it.actions.iter().any(|allowed| allowed == action))
}

/// Logical ids of all that a function hears of: by an environment variable, as a source of messages, as its log.
fn given(function: &FunctionDefinition) -> BTreeSet<&str> {
    // Where a bucket is reached says nothing of reaching it: the portal tells browsers.
    let reached = |it: &Reference<'_>| !matches!(it, Reference::Attribute(_, "RegionalDomainName"));
    let environment = function.environment.values().flat_map(|value| value.references()).filter(reached);
    let environment = environment.map(Reference::name);
    let sources = function.sources.iter().map(|source| source.queue.as_str());
    let streams = function.streams.iter().flat_map(|it| [Some(it.table.as_str()), it.given_up.as_deref()]).flatten();
    environment.chain(sources).chain(streams).chain(function.log_group.as_deref()).collect()
}
