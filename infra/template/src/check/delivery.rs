//! From a bucket through a queue to a function: nothing is refused, lost or delivered twice for no reason.

use super::Findings;
use crate::policy::Statement;
use crate::{BucketDefinition, Deployment, FunctionDefinition, Notification, QueueSource, Rule};

/// Event types of S3 notifications: the `Event` enumeration of the S3 API.
const S3_EVENTS: &[&str] = &[
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectAnnotation:*",
    "s3:ObjectAnnotation:Delete",
    "s3:ObjectAnnotation:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectRetention:Put",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
];

/// How many times a function's timeout a message stays hidden, as Lambda's guide on SQS asks: a throttled batch is
/// tried again within that time, and must not be received by another invocation meanwhile.
const VISIBILITY_FACTOR: u32 = 6;

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for bucket in template.buckets() {
        for notification in &bucket.notifications {
            let known = S3_EVENTS.contains(&notification.event.as_str());
            findings.require(known, &bucket.logical_id, Rule::EventName, notification.event.as_str());
            check_sender(template, bucket, notification, findings);
        }
    }
    for function in template.functions() {
        for source in &function.sources {
            check_consumer(template, function, source, findings);
        }
    }
}

/// S3 may send to the queue, on behalf of this bucket only, before the bucket is there.
fn check_sender(
    template: &Deployment,
    bucket: &BucketDefinition,
    notification: &Notification,
    findings: &mut Findings,
) {
    let queue = &notification.queue;
    let policy = template.queue_policies().iter().find(|policy| {
        policy.subjects.contains(queue)
            && policy.statements.iter().any(|statement| lets_bucket_send(statement, bucket, queue))
    });
    let Some(policy) = policy else {
        let detail = format!("no policy of {queue} lets s3.amazonaws.com send for this bucket and account alone");
        return findings.add(&bucket.logical_id, Rule::QueuePolicy, detail);
    };
    let waits = template.resources(&["AWS::S3::Bucket"]).iter().any(|resource| {
        resource.resource() == bucket.logical_id
            && resource
                .at("DependsOn")
                .is_some_and(|them| them.one_or_many().iter().any(|it| it.is(&policy.logical_id)))
    });
    let detail = format!("does not depend on {}", policy.logical_id);
    findings.require(waits, &bucket.logical_id, Rule::PolicyBeforeNotification, detail);
}

/// The bucket's ARN stands in the policy by the bucket's name, as a reference to the bucket would go round in a circle;
/// the two are compared as text, references and all.
fn lets_bucket_send(statement: &Statement, bucket: &BucketDefinition, queue: &str) -> bool {
    let source = statement.condition(&["ArnLike", "ArnEquals"], "aws:SourceArn").map(|arn| arn.to_string());
    let account = statement.condition(&["StringEquals"], "aws:SourceAccount").map(|account| account.to_string());
    let arn = bucket.name.as_ref().map(|name| format!("arn:${{AWS::Partition}}:s3:::{name}"));
    statement.allows_on("sqs:SendMessage", queue)
        && statement.services.iter().any(|service| service == "s3.amazonaws.com")
        && arn.is_some()
        && source == arn
        && account.as_deref() == Some("${AWS::AccountId}")
}

fn check_consumer(template: &Deployment, function: &FunctionDefinition, source: &QueueSource, findings: &mut Findings) {
    let id = &function.logical_id;
    let detail = format!("does not report which messages of {} failed", source.queue);
    findings.require(source.reports_item_failures, id, Rule::PartialBatch, detail);
    let Some(queue) = template.queues().iter().find(|queue| queue.logical_id == source.queue) else {
        return findings.add(id, Rule::DeadLetterQueue, format!("{} is not a queue of this template", source.queue));
    };
    let least = function.timeout_seconds.saturating_mul(VISIBILITY_FACTOR);
    let detail = format!("{} seconds, where {id} needs {least}", queue.visibility_seconds);
    findings.require(queue.visibility_seconds >= least, &queue.logical_id, Rule::Visibility, detail);
    let dead_letter = queue.dead_letter.as_deref().and_then(|queue| template.type_of(queue));
    let has_dead_letter = dead_letter == Some("AWS::SQS::Queue");
    findings.require(has_dead_letter, &queue.logical_id, Rule::DeadLetterQueue, format!("feeds {id} without one"));
}
