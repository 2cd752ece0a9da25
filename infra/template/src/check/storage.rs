//! What is stored is encrypted, private, restorable and not lost with the stack.

use super::Findings;
use crate::node::Node;
use crate::policy::Statement;
use crate::{Deployment, Rule};

/// Types of resources whose content cannot be made again.
const STATEFUL: &[&str] = &["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"];

const PUBLIC_ACCESS_BLOCKS: &[&str] =
    &["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for resource in template.resources(STATEFUL) {
        // What a failed first deployment has made is empty, and its name is to be free for the second.
        for (policy, retaining) in
            [("DeletionPolicy", &["Retain", "RetainExceptOnCreate"][..]), ("UpdateReplacePolicy", &["Retain"])]
        {
            let retains = resource.at(policy).is_some_and(|it| retaining.iter().any(|known| it.is(known)));
            findings.require(retains, resource.resource(), Rule::Retain, format!("{policy} is not Retain"));
        }
    }
    for table in template.resources(&["AWS::DynamoDB::Table"]) {
        let restorable = table.at("Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled");
        let restorable = restorable.is_some_and(|on| on.is_true());
        findings.require(restorable, table.resource(), Rule::PointInTimeRecovery, "is not enabled");
    }
    template.resources(&["AWS::S3::Bucket"]).iter().for_each(|bucket| check_bucket(template, bucket, findings));
}

fn check_bucket(template: &Deployment, bucket: &Node<'_>, findings: &mut Findings) {
    let id = bucket.resource();
    let encryption = bucket.items_at("Properties.BucketEncryption.ServerSideEncryptionConfiguration");
    let encrypts = encryption.is_ok_and(|rules| !rules.is_empty());
    findings.require(encrypts, id, Rule::BucketEncryption, "has no encryption configuration");
    let versions = bucket.at("Properties.VersioningConfiguration.Status").is_some_and(|status| status.is("Enabled"));
    findings.require(versions, id, Rule::BucketVersioning, "is not enabled");
    // Of a bucket that anyone may read, what its policy lets everybody do is looked at instead.
    let is_read_by_all = lets_everybody_read(template, id);
    for block in PUBLIC_ACCESS_BLOCKS.iter().filter(|block| !is_read_by_all || block.ends_with("Acls")) {
        let blocks = bucket.at(&format!("Properties.PublicAccessBlockConfiguration.{block}"));
        findings.require(blocks.is_some_and(|on| on.is_true()), id, Rule::BucketPublicAccess, *block);
    }
    let tls_only = template.bucket_policies().iter().any(|policy| {
        policy.subjects.iter().any(|subject| subject == id)
            && policy.statements.iter().any(|statement| denies_plain_http(statement, id))
    });
    findings.require(tls_only, id, Rule::BucketTls, "no policy denies requests without TLS on bucket and objects");
}

/// Whether the bucket's policy lets everybody read objects by name, and nothing else.
fn lets_everybody_read(template: &Deployment, bucket: &str) -> bool {
    let policies = template.bucket_policies().iter().filter(|policy| policy.subjects.iter().any(|it| it == bucket));
    let open = policies.flat_map(|policy| &policy.statements).filter(|it| it.allows && it.everybody);
    let actions: Vec<&String> = open.flat_map(|statement| &statement.actions).collect();
    !actions.is_empty() && actions.iter().all(|action| *action == "s3:GetObject")
}

/// Denies everybody everything on the bucket and on its objects when the request comes without TLS.
fn denies_plain_http(statement: &Statement, bucket: &str) -> bool {
    let on = |rest: &str| {
        let arn = format!("${{{bucket}.Arn}}{rest}");
        statement.resources.iter().any(|resource| resource.to_string() == arn)
    };
    let plain = statement.condition(&["Bool"], "aws:SecureTransport").map(|value| value.to_string());
    !statement.allows
        && statement.everybody
        && statement.actions.iter().any(|action| action == "s3:*")
        && on("")
        && on("/*")
        && plain.as_deref() == Some("false")
}
