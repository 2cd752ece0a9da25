//! Every rule: the project's template with one thing changed yields exactly that rule's finding.

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::{Value, json};
    use xinzheng_template::{Deployment, DeploymentError, Rule};

    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap());

    /// A change to the template: a JSON pointer under `/Resources`, and what then stands there (`null`: nothing).
    type Change = (&'static str, Value);

    fn changed(changes: &[Change]) -> Value {
        let mut document = DOCUMENT.clone();
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let key = &key.replace("~1", "/");
            let parent = document.pointer_mut(&format!("/Resources{parent}")).unwrap_or_else(|| panic!("{pointer}"));
            match parent {
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
                Value::Object(map) if value.is_null() => {
                    map.remove(key).unwrap_or_else(|| panic!("{pointer}"));
                }
                Value::Object(map) => {
                    map.insert(key.to_owned(), value.clone());
                }
                _ => panic!("{pointer}"),
            }
        }
        document
    }

    #[test]
    fn each_change_yields_its_finding() {
        let role = "/IngestRole/Properties/Policies/0/PolicyDocument/Statement";
        let at_role = |rest: &str| -> &'static str { format!("{role}/{rest}").leak() };
        let queue_policy = "/UploadQueuePolicy/Properties/PolicyDocument/Statement/0";
        let at_queue = |rest: &str| -> &'static str { format!("{queue_policy}/{rest}").leak() };
        let tls = "/ReportsBucketPolicy/Properties/PolicyDocument/Statement/0";
        let at_tls = |rest: &str| -> &'static str { format!("{tls}/{rest}").leak() };
        let schedule = |expression: &str| json!({"Type": "Schedule", "Properties": {"Schedule": expression}});

        let cases: Vec<(Vec<Change>, &str, Rule)> = vec![
            // delivery
            (
                vec![(
                    "/UploadsBucket/Properties/NotificationConfiguration/QueueConfigurations/0/Event",
                    json!("s3:ObjectCreated:Upload"),
                )],
                "UploadsBucket",
                Rule::EventName,
            ),
            (
                vec![(
                    "/UploadsBucket/Properties/NotificationConfiguration/QueueConfigurations/0/Event",
                    json!("s3:objectcreated:*"),
                )],
                "UploadsBucket",
                Rule::EventName,
            ),
            (vec![("/UploadQueuePolicy", Value::Null)], "UploadsBucket", Rule::QueuePolicy),
            (vec![(at_queue("Effect"), json!("Deny"))], "UploadsBucket", Rule::QueuePolicy),
            (vec![(at_queue("Action"), json!("sqs:ReceiveMessage"))], "UploadsBucket", Rule::QueuePolicy),
            (vec![(at_queue("Principal/Service"), json!("sns.amazonaws.com"))], "UploadsBucket", Rule::QueuePolicy),
            (
                vec![(at_queue("Resource"), json!({"Fn::GetAtt": ["ChunkQueue", "Arn"]}))],
                "UploadsBucket",
                Rule::QueuePolicy,
            ),
            (vec![(at_queue("Condition/StringEquals"), Value::Null)], "UploadsBucket", Rule::QueuePolicy),
            (
                vec![(
                    at_queue("Condition/ArnLike/aws:SourceArn"),
                    json!({"Fn::Sub": "arn:aws:s3:::${AWS::StackName}-uploads-${AWS::AccountId}-${AWS::Region}"}),
                )],
                "UploadsBucket",
                Rule::QueuePolicy,
            ),
            (
                vec![("/UploadsBucket/Properties/BucketName", json!({"Fn::Sub": "${AWS::StackName}-files"}))],
                "UploadsBucket",
                Rule::QueuePolicy,
            ),
            (vec![("/UploadsBucket/DependsOn", Value::Null)], "UploadsBucket", Rule::PolicyBeforeNotification),
            (
                vec![("/UploadsBucket/DependsOn", json!(["ChunkQueuePolicy"]))],
                "UploadsBucket",
                Rule::PolicyBeforeNotification,
            ),
            (vec![("/UploadQueue/Properties/VisibilityTimeout", json!(1799))], "UploadQueue", Rule::Visibility),
            (vec![("/IndexFunction/Properties/Timeout", json!(121))], "ChunkQueue", Rule::Visibility),
            (vec![("/ChunkQueue/Properties/RedrivePolicy", Value::Null)], "ChunkQueue", Rule::DeadLetterQueue),
            (
                vec![("/IndexFunction/Properties/Events/Chunks/Properties/FunctionResponseTypes", Value::Null)],
                "IndexFunction",
                Rule::PartialBatch,
            ),
            // schedules
            (
                vec![("/VerifyFunction/Properties/Events/Nightly", schedule("cron(0 2 * * * *)"))],
                "VerifyFunction",
                Rule::ScheduleExpression,
            ),
            (
                vec![("/VerifyFunction/Properties/Events/Nightly", schedule("rate(1 hours)"))],
                "VerifyFunction",
                Rule::ScheduleExpression,
            ),
            // access
            (vec![(at_role("1/Action"), json!("s3:Get*"))], "IngestRole", Rule::WildcardAction),
            (
                vec![(at_role("5/Action"), json!(["dynamodb:GetItem", "dynamodb:*"]))],
                "IngestRole",
                Rule::WildcardAction,
            ),
            (
                vec![(
                    at_role("9/Resource"),
                    json!([{"Fn::GetAtt": ["IngestLogs", "Arn"]}, "arn:aws:logs:*:*:log-group:*"]),
                )],
                "IngestRole",
                Rule::WildcardResource,
            ),
            (
                vec![(at_role("1/Resource"), json!({"Fn::Sub": "${UploadsBucket.Arn}/*"}))],
                "IngestRole",
                Rule::WildcardResource,
            ),
            (
                vec![(
                    "/ReadSecretsTogether/Properties/PolicyDocument/Statement/0/Action",
                    json!(["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]),
                )],
                "ReadSecretsTogether",
                Rule::WildcardResource,
            ),
            (
                vec![(
                    "/VerifyRole/Properties/ManagedPolicyArns/0",
                    json!("arn:aws:iam::aws:policy/AdministratorAccess"),
                )],
                "VerifyRole",
                Rule::ManagedPolicy,
            ),
            // permissions
            (vec![("/VerifyFunction/Properties/Role", Value::Null)], "VerifyFunction", Rule::OwnRole),
            (
                vec![(at_role("8/Action"), json!("secretsmanager:DescribeSecret"))],
                "IngestFunction",
                Rule::MissingPermission,
            ),
            (
                vec![("/VerifyRole/Properties/ManagedPolicyArns/2", json!({"Ref": "AuditStays"}))],
                "VerifyFunction",
                Rule::MissingPermission,
            ),
            (
                ["5/Effect", "6/Effect", "7/Effect"].map(|at| (at_role(at), json!("Deny"))).into(),
                "IngestFunction",
                Rule::MissingPermission,
            ),
            (
                vec![(
                    "/IndexRole/Properties/Policies/0/PolicyDocument/Statement/0/Action",
                    json!(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"]),
                )],
                "IndexFunction",
                Rule::MissingPermission,
            ),
            (
                vec![("/NotifyRole/Properties/Policies/0/PolicyDocument/Statement/2/Action", json!("s3:GetObject"))],
                "NotifyFunction",
                Rule::MissingPermission,
            ),
            (
                vec![("/NotifyFunction/Properties/Events/Changes/Properties/FunctionResponseTypes", Value::Null)],
                "NotifyFunction",
                Rule::Stream,
            ),
            (
                vec![(
                    "/NotifyRole/Properties/Policies/0/PolicyDocument/Statement/0/Action",
                    json!(["dynamodb:DescribeStream", "dynamodb:GetRecords"]),
                )],
                "NotifyFunction",
                Rule::MissingPermission,
            ),
            (
                vec![(
                    "/VerifyFunction/Properties/Environment/Variables/UPLOADS_BUCKET",
                    json!({"Ref": "UploadsBucket"}),
                )],
                "VerifyFunction",
                Rule::MissingPermission,
            ),
            (
                vec![("/IngestFunction/Properties/Environment/Variables/PERSON_KEY_SECRET", Value::Null)],
                "IngestRole",
                Rule::UnusedPermission,
            ),
            // HTTP
            (
                vec![(
                    "/ReportFunction/Properties/Events/ReadReport/Properties/Auth",
                    json!({"Authorizer": "Forgotten"}),
                )],
                "ReportFunction",
                Rule::Authorizer,
            ),
            (
                vec![("/ReportFunction/Properties/Events/ListReports/Properties/ApiId", Value::Null)],
                "ReportFunction",
                Rule::Authorizer,
            ),
            (vec![("/Api/Properties/RouteSettings/GET ~1verify", Value::Null)], "Api", Rule::Throttle),
            (vec![("/Api/Properties/CorsConfiguration", json!({ "AllowOrigins": ["*"] }))], "Api", Rule::CrossOrigin),
            (
                vec![("/Api/Properties/RouteSettings/POST ~1feedback/ThrottlingRateLimit", json!(0))],
                "Api",
                Rule::Throttle,
            ),
            (
                vec![("/Api/Properties/RouteSettings/POST ~1feedback/DetailedMetricsEnabled", Value::Null)],
                "Api",
                Rule::Throttle,
            ),
            (
                vec![(
                    "/Api/Properties/RouteSettings/GET ~1forgotten",
                    json!({"DetailedMetricsEnabled": true, "ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 1}),
                )],
                "Api",
                Rule::Throttle,
            ),
            (
                vec![("/VerifyFunction/Properties/ReservedConcurrentExecutions", Value::Null)],
                "VerifyFunction",
                Rule::Concurrency,
            ),
            // storage
            (
                vec![("/UploadsBucket/Properties/BucketEncryption", Value::Null)],
                "UploadsBucket",
                Rule::BucketEncryption,
            ),
            (
                vec![("/UploadsBucket/Properties/VersioningConfiguration/Status", json!("Suspended"))],
                "UploadsBucket",
                Rule::BucketVersioning,
            ),
            (
                vec![("/IntakeBucket/Properties/PublicAccessBlockConfiguration/IgnorePublicAcls", json!(false))],
                "IntakeBucket",
                Rule::BucketPublicAccess,
            ),
            (vec![("/ReportsBucketPolicy", Value::Null)], "ReportsBucket", Rule::BucketTls),
            (vec![(at_tls("Principal"), json!({"Service": "s3.amazonaws.com"}))], "ReportsBucket", Rule::BucketTls),
            (vec![(at_tls("Condition/Bool/aws:SecureTransport"), json!(true))], "ReportsBucket", Rule::BucketTls),
            (
                vec![(at_tls("Resource"), json!({"Fn::GetAtt": ["ReportsBucket", "Arn"]}))],
                "ReportsBucket",
                Rule::BucketTls,
            ),
            (
                vec![("/RegistryTable/Properties/PointInTimeRecoverySpecification", Value::Null)],
                "RegistryTable",
                Rule::PointInTimeRecovery,
            ),
            (vec![("/RegistryTable/DeletionPolicy", json!("Delete"))], "RegistryTable", Rule::Retain),
            (vec![("/CodeKeysSecret/UpdateReplacePolicy", Value::Null)], "CodeKeysSecret", Rule::Retain),
        ];
        for (changes, resource, rule) in cases {
            let findings = Deployment::from_value(changed(&changes)).unwrap().findings();
            let found: Vec<_> = findings.iter().map(|finding| (finding.resource.as_str(), finding.rule)).collect();
            assert_eq!(found, [(resource, rule)], "{changes:?}: {findings:#?}");
        }
    }

    #[test]
    fn a_route_that_says_nothing_takes_the_default_authorizer() {
        let document = changed(&[("/VerifyFunction/Properties/Events/VerifyCode/Properties/Auth", Value::Null)]);
        let template = Deployment::from_value(document).unwrap();
        assert!(!template.route("GET", "/verify/ABCD").unwrap().route.public);
        assert_eq!(template.findings(), []);
    }

    #[test]
    fn without_a_default_authorizer_every_guarded_route_is_found() {
        let document = changed(&[("/Api/Properties/Auth/DefaultAuthorizer", Value::Null)]);
        let findings = Deployment::from_value(document).unwrap().findings();
        let found: Vec<_> = findings.iter().map(|finding| (finding.resource.as_str(), finding.rule)).collect();
        let expected = [
            ("BackfillFunction", 2),
            ("CaseworkFunction", 26),
            ("NoticesFunction", 6),
            ("OversightFunction", 11),
            ("ReportFunction", 28),
            ("UploadsFunction", 8),
        ];
        let expected = expected.map(|(function, routes)| vec![(function, Rule::Authorizer); routes]).concat();
        assert_eq!(found, expected, "{findings:#?}");
    }

    fn found(changes: &[Change]) -> Vec<(String, Rule)> {
        let findings = Deployment::from_value(changed(changes)).unwrap().findings();
        findings.into_iter().map(|finding| (finding.resource, finding.rule)).collect()
    }

    #[test]
    fn without_a_stream_both_who_listen_to_it_are_found() {
        let listen = ["LogFunction", "NotifyFunction"].map(|function| (function.to_owned(), Rule::Stream));
        assert_eq!(found(&[("/RegistryTable/Properties/StreamSpecification", Value::Null)]), listen);
    }

    #[test]
    fn a_bucket_is_open_to_all_for_reading_alone() {
        let twice = ["LogBucket", "LogBucket"].map(|bucket| (bucket.to_owned(), Rule::BucketPublicAccess));
        let action = "/LogBucketPolicy/Properties/PolicyDocument/Statement/1/Action";
        for actions in [json!("s3:PutObject"), json!(["s3:GetObject", "s3:ListBucket"])] {
            assert_eq!(found(&[(action, actions.clone())]), twice, "{actions}");
        }
        let acls = "/LogBucket/Properties/PublicAccessBlockConfiguration/BlockPublicAcls";
        assert_eq!(found(&[(acls, json!(false))]), twice[..1]);
    }

    #[test]
    fn a_shared_role_is_found_at_both_functions() {
        let role = json!({"Fn::GetAtt": ["VerifyRole", "Arn"]});
        let findings =
            Deployment::from_value(changed(&[("/ReportFunction/Properties/Role", role)])).unwrap().findings();
        let found: Vec<_> = findings.iter().map(|finding| (finding.resource.as_str(), finding.rule)).collect();
        assert_eq!(found, [("ReportFunction", Rule::OwnRole), ("VerifyFunction", Rule::OwnRole)]);
    }

    #[test]
    fn an_unreadable_template_says_where() {
        let cases: Vec<(Change, &str)> = vec![
            (
                ("/RegistryTable/Properties/KeySchema/0/KeyType", json!("SORT")),
                "RegistryTable: Properties.KeySchema.0.KeyType: should be HASH or RANGE",
            ),
            (
                ("/RegistryTable/Properties/AttributeDefinitions", Value::Null),
                "RegistryTable: Properties.AttributeDefinitions: is missing",
            ),
            (
                ("/UploadQueue/Properties/VisibilityTimeout", json!("long")),
                "UploadQueue: Properties.VisibilityTimeout: should be a whole number",
            ),
            (
                ("/UploadQueue/Properties/RedrivePolicy/deadLetterTargetArn", json!("arn:aws:sqs:::other")),
                "UploadQueue: Properties.RedrivePolicy.deadLetterTargetArn: should be the Arn of a resource of this \
                 template",
            ),
            (
                ("/IngestFunction/Metadata/BuildProperties/Binary", Value::Null),
                "IngestFunction: Metadata.BuildProperties.Binary: is missing",
            ),
            (
                ("/IngestFunction/Properties/Environment/Variables/UPLOADS_BUCKET", json!({"Fn::Join": ["", []]})),
                "IngestFunction: Properties.Environment.Variables.UPLOADS_BUCKET: should be text, a number, Ref, \
                 Fn::GetAtt or Fn::Sub, in the long form",
            ),
            (
                ("/ReportFunction/Properties/Events/IssueReport/Type", json!("Api")),
                "ReportFunction: Properties.Events.IssueReport.Type: should be HttpApi, SQS, DynamoDB, Schedule or ScheduleV2",
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(Deployment::from_value(changed(&[change])).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn short_intrinsic_functions_and_repeated_keys_are_refused() {
        for yaml in ["Resources: {A: {Type: !Ref B}}", "Resources: {A: {Type: B}, A: {Type: C}}", "Resources: ["] {
            assert!(matches!(Deployment::parse(yaml), Err(DeploymentError::Yaml(_))), "{yaml}");
        }
    }
}
