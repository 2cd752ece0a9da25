//! What the checks find.

use std::fmt;

/// A resource that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Logical id of the resource.
    pub resource: String,
    /// The rule.
    pub rule: Rule,
    /// What breaks it.
    pub detail: String,
}

/// A rule that `sam validate --lint` and cfn-lint do not check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A notification names an event that S3 has.
    EventName,
    /// A schedule is one that EventBridge accepts.
    ScheduleExpression,
    /// A queue that a bucket notifies lets S3 send for that bucket, and for no other.
    QueuePolicy,
    /// A bucket is made after the policies of the queues that it notifies; S3 tries to send when it is made.
    PolicyBeforeNotification,
    /// A message stays hidden for six times the time that the function which receives it may take.
    Visibility,
    /// A queue that feeds a function has a dead-letter queue in this template.
    DeadLetterQueue,
    /// A function that receives from a queue says which messages failed.
    PartialBatch,
    /// A stream that feeds a function is there, and what fails of it is named and goes to a queue at last.
    Stream,
    /// A function has a role of its own in this template: the one that SAM makes reads every queue of the account.
    OwnRole,
    /// A role takes no policy that somebody else wrote, save one whose actions know no resource to name.
    ManagedPolicy,
    /// Nothing is allowed on everything, nor on a whole bucket.
    WildcardResource,
    /// Nothing is allowed by a pattern of actions.
    WildcardAction,
    /// A function may use the table, bucket, secret, queue and log group that it is given.
    MissingPermission,
    /// A function may use no table, bucket, secret, queue or log group that it is not given.
    UnusedPermission,
    /// A route that does not say that it is public has an authorizer.
    Authorizer,
    /// A route that anyone may ask has a limit of its own.
    Throttle,
    /// What pages of other origins may ask is said route by route.
    CrossOrigin,
    /// A function that anyone may call has a bound of how often at once.
    Concurrency,
    /// A bucket encrypts what it holds.
    BucketEncryption,
    /// A bucket keeps what is replaced.
    BucketVersioning,
    /// A bucket refuses to be public, in all four ways.
    BucketPublicAccess,
    /// A bucket refuses requests without TLS.
    BucketTls,
    /// A table can be restored to any second of the last weeks.
    PointInTimeRecovery,
    /// What cannot be made again outlives its removal from the stack.
    Retain,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: {}", self.resource, self.rule, self.detail)
    }
}
