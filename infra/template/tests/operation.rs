//! What whoever deploys the template relies on: names, keys, rollouts, what can be passed in, whom a unit's credentials let do what.

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::LazyLock;

    use serde_json::{Value, json};
    use xinzheng_template::{Deployment, Reference};

    const YAML: &str = include_str!("../../../template.yaml");

    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_saphyr::from_str(YAML).unwrap());

    fn document() -> Value {
        DOCUMENT.clone()
    }

    /// The resources of a type, by logical id.
    fn resources(document: &Value, kind: &str) -> Vec<(String, Value)> {
        let resources = document["Resources"].as_object().unwrap().iter();
        let of_kind = resources.filter(|(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.clone(), resource.clone())).collect()
    }

    fn deployment(values: &[(&str, &str)]) -> Deployment {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Deployment::with_parameters(document(), &values).unwrap()
    }

    /// The longest name of a stack whose buckets S3 takes in every region (`docs/deploy.md`).
    const LONGEST_STACK_NAME: usize = 25;

    #[test]
    fn names_fit_s3() {
        let longest = "x".repeat(LONGEST_STACK_NAME);
        for (stack, fits) in [("xinzheng", true), (longest.as_str(), true), (&format!("{longest}x"), false)] {
            let known = |reference: Reference<'_>| match reference {
                Reference::Ref("AWS::StackName") => Some(stack.to_owned()),
                Reference::Ref("AWS::AccountId") => Some("123456789012".to_owned()),
                // As long as the longest there is: ap-southeast-1, cn-northwest-1.
                Reference::Ref("AWS::Region") => Some("cn-northwest-1".to_owned()),
                _ => None,
            };
            let template = deployment(&[]);
            let names: Vec<String> = template
                .buckets()
                .iter()
                .map(|bucket| bucket.name.as_ref().unwrap().resolve(&known).unwrap())
                .collect();
            assert_eq!(names.len(), 8);
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 8, "{names:?}");
            let all_fit = names.iter().all(|name| (3..=63).contains(&name.len()));
            assert_eq!(all_fit, fits, "{names:?}");
            let plain =
                |name: &String| name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
            assert!(names.iter().all(plain), "{names:?}");
        }
        let said = format!("at most {LONGEST_STACK_NAME}");
        for file in [include_str!("../../../docs/deploy.md"), include_str!("../../deploy")] {
            assert!(file.contains(&said), "{said}");
        }
    }

    #[test]
    fn nothing_is_found_whatever_is_passed_in() {
        let key = "arn:aws:kms:ap-southeast-1:123456789012:key/1";
        let choices: [&[(&str, &str)]; 6] = [
            &[("DataKeyArn", key), ("SigningKeyArn", key)],
            &[("AWS::Partition", "aws-cn"), ("UploadsInventory", "Daily")],
            &[("Tracing", "Off"), ("RollbackOnAlarms", "false")],
            &[("DomainName", "credit.example.invalid"), ("DomainCertificateArn", "arn:aws:acm:r:1:certificate/1")],
            &[("ReportConcurrency", "0"), ("AlarmTopicArn", "arn:aws:sns:r:1:alarms")],
            &[("MonthlyBudget", "100"), ("BudgetMail", "office@example.invalid")],
        ];
        for at in 0..1 << choices.len() {
            let chosen = choices.iter().enumerate().filter(|(place, _)| at >> place & 1 == 1);
            let values: Vec<(&str, &str)> = chosen.flat_map(|(_, values)| values.iter().copied()).collect();
            assert_eq!(deployment(&values).findings(), [], "{values:?}");
        }
    }

    #[test]
    fn what_exists_already_is_made_anew_by_no_one() {
        let document = document();
        let parameters = document["Parameters"].as_object().unwrap().keys();
        let existing: BTreeSet<&str> = parameters
            .filter_map(|name| name.strip_prefix("Existing")?.strip_suffix("Arn"))
            .filter(|name| !name.ends_with("Stream"))
            .collect();
        let mut kept = BTreeSet::new();
        for kind in ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"] {
            for (name, resource) in resources(&document, kind) {
                // What S3 writes itself, and can write again.
                if ["AccessLogsBucket", "InventoryBucket"].contains(&name.as_str()) {
                    continue;
                }
                let condition = format!("Own{name}");
                assert_eq!(resource["Condition"], *condition, "{name}");
                let expected = json!({ "Fn::Equals": [{ "Ref": format!("Existing{name}Arn") }, ""] });
                assert_eq!(document["Conditions"][&condition], expected, "{name}");
                kept.insert(name);
            }
        }
        assert_eq!(existing, kept.iter().map(String::as_str).collect());
        assert_eq!(kept.len(), 14);
    }

    #[test]
    fn a_key_of_ones_own_encrypts_all_that_is_kept() {
        let document = document();
        let key = json!({ "Fn::If": ["HasDataKey", { "Ref": "DataKeyArn" }, { "Ref": "AWS::NoValue" }] });
        for (kind, property, but_for) in [
            ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId", &[][..]),
            (
                "AWS::S3::Bucket",
                "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
                // Read without credentials; written by S3 itself.
                &["LogBucket", "AccessLogsBucket", "InventoryBucket"],
            ),
            ("AWS::SQS::Queue", "/KmsMasterKeyId", &[]),
            ("AWS::SecretsManager::Secret", "/KmsKeyId", &[]),
            ("AWS::Logs::LogGroup", "/KmsKeyId", &[]),
        ] {
            let found = resources(&document, kind);
            assert!(!found.is_empty(), "{kind}");
            for (name, resource) in found {
                let without = but_for.contains(&name.as_str());
                let its = resource["Properties"].pointer(property);
                assert_eq!(its, Some(&key).filter(|_| !without), "{name}");
            }
        }
        let users = document["Resources"]["UseDataKey"]["Properties"]["Roles"].as_array().unwrap();
        // The role of a function that is there on a condition has the same.
        let role = |user: &Value| user.pointer("/Fn::If/1").unwrap_or(user)["Ref"].as_str().unwrap().to_owned();
        let users: BTreeSet<String> = users.iter().map(role).collect();
        let template = deployment(&[("TokenKeysSecretArn", "arn:aws:secretsmanager:r:1:secret:keys")]);
        let roles = template.functions().iter().map(|function| function.role.clone().unwrap());
        assert_eq!(users, roles.collect());
    }

    #[test]
    fn each_function_is_taken_back_by_its_own_errors_and_by_those_of_requests() {
        let document = document();
        let globals = &document["Globals"]["Function"];
        assert_eq!(globals["AutoPublishAlias"], "live");
        assert_eq!(globals["DeploymentPreference"]["Type"], json!({ "Ref": "Rollout" }));
        assert!(globals["Architectures"] == json!(["x86_64"]) || globals["Architectures"] == json!(["arm64"]));
        for (name, function) in resources(&document, "AWS::Serverless::Function") {
            assert_eq!(function["Properties"]["Architectures"], Value::Null, "one place chooses the processor");
            let alarm = format!("{}ErrorsAlarm", name.strip_suffix("Function").unwrap());
            let alarms = &function["Properties"]["DeploymentPreference"]["Alarms"];
            let expected = json!([{ "Ref": alarm }, { "Ref": "ServerErrorsAlarm" }]);
            assert_eq!(alarms["Fn::If"][1], expected, "{name}");
            let dimensions = &document["Resources"][&alarm]["Properties"]["Dimensions"];
            assert_eq!(*dimensions, json!([{ "Name": "FunctionName", "Value": { "Ref": name } }]));
        }
    }

    #[test]
    fn schedules_are_named_within_the_stack() {
        let document = document();
        let mut schedules = 0;
        for (name, function) in resources(&document, "AWS::Serverless::Function") {
            let events = function["Properties"]["Events"].as_object().into_iter().flatten().map(|(_, event)| event);
            for event in events.filter(|event| event["Type"] == "ScheduleV2") {
                assert_eq!(event["Properties"]["OmitName"], true, "{name}: SAM's own name is the same in each stack");
                assert_eq!(event["Properties"]["GroupName"], json!({ "Ref": "Schedules" }), "{name}");
                schedules += 1;
            }
        }
        assert!(schedules >= 4);
    }

    /// What IAM allows by the policy of units to a principal with this tag, or none: a variable without a value matches nothing.
    fn unit_may(action: &str, key: &str, unit: Option<&str>) -> bool {
        let document = document();
        let statement = &document["Resources"]["UnitUploads"]["Properties"]["PolicyDocument"]["Statement"][0];
        assert_eq!(statement["Effect"], "Allow");
        assert_eq!(statement["Condition"], Value::Null);
        let Some(unit) = unit else { return false };
        let resource = statement["Resource"]["Fn::Sub"][0].as_str().unwrap();
        let pattern = resource.strip_prefix("${Arn}/").unwrap().replace("${!aws:PrincipalTag/unit}", unit);
        assert!(!pattern.contains("${"), "{pattern}");
        let (beginning, rest) = pattern.split_once('*').unwrap();
        assert_eq!(rest, "");
        let allows = statement["Action"].as_array().unwrap().iter().any(|known| known == action);
        allows && key.starts_with(beginning)
    }

    #[test]
    fn a_units_own_credentials_reach_its_own_prefix_alone() {
        let office = "market-supervision-140403";
        let cases = [
            ("s3:PutObject", "uploads/tax/penalty/2025-07-01/七月.xlsx", Some("tax"), true),
            ("s3:AbortMultipartUpload", "uploads/tax/penalty/2025-07-01/七月.xlsx", Some("tax"), true),
            ("s3:PutObject", "uploads/market-supervision-140403/penalty/2025-07-01/a.csv", Some(office), true),
            // Another unit's, whose code begins alike; its superior's; no unit's.
            ("s3:PutObject", "uploads/taxes/penalty/2025-07-01/a.csv", Some("tax"), false),
            ("s3:PutObject", "uploads/market-supervision/penalty/2025-07-01/a.csv", Some(office), false),
            (
                "s3:PutObject",
                "uploads/market-supervision-140403/penalty/2025-07-01/a.csv",
                Some("market-supervision"),
                false,
            ),
            ("s3:PutObject", "uploads/tax", Some("tax"), false),
            ("s3:PutObject", "receipts/tax/a.json", Some("tax"), false),
            ("s3:PutObject", "uploads//penalty/2025-07-01/a.csv", None, false),
            // Nothing but to put.
            ("s3:GetObject", "uploads/tax/penalty/2025-07-01/a.csv", Some("tax"), false),
            ("s3:DeleteObject", "uploads/tax/penalty/2025-07-01/a.csv", Some("tax"), false),
            ("s3:PutObjectAcl", "uploads/tax/penalty/2025-07-01/a.csv", Some("tax"), false),
            ("s3:ListBucket", "uploads/tax/penalty/2025-07-01/a.csv", Some("tax"), false),
        ];
        for (action, key, unit, expected) in cases {
            assert_eq!(unit_may(action, key, unit), expected, "{unit:?} {action} {key}");
        }
        let document = document();
        let statements = document["Resources"]["UnitUploads"]["Properties"]["PolicyDocument"]["Statement"].as_array();
        assert_eq!(statements.unwrap().len(), 2, "that of the prefix, and that of the key where there is one");
    }

    #[test]
    fn a_deployment_is_read_with_its_own_parameters() {
        let name = |values: &[(&str, &str)]| {
            let template = deployment(values);
            template.buckets().iter().map(|bucket| bucket.logical_id.clone()).collect::<BTreeSet<_>>()
        };
        let all = name(&[]);
        let without = name(&[("ExistingReportsBucketArn", "arn:aws:s3:::reports")]);
        assert_eq!(all.difference(&without).collect::<Vec<_>>(), ["ReportsBucket"]);
        let unread =
            Deployment::with_parameters(json!({ "Resources": { "A": { "Condition": "No" } } }), &BTreeMap::new());
        assert_eq!(unread.unwrap_err().to_string(), "A: No: should be a condition of this template");
    }
}
