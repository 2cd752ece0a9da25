//! The project's own `template.yaml`: it has no findings, and says what the rest of the workspace relies on.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use xinzheng_template::{Deployment, Expression, KeyRole, TokenCheck};

    const YAML: &str = include_str!("../../../template.yaml");

    /// Everything that anybody may call without a token. A new public route is a decision; make it here.
    const PUBLIC_ROUTES: &[&str] = &[
        "GET /",
        "GET /.well-known/certificates.pem",
        "GET /.well-known/jwks.json",
        "GET /assets/{file}",
        "GET /config/calendar",
        "GET /docs",
        "GET /favicon.ico",
        "GET /feedback/{code}",
        "GET /living/{code}",
        "GET /log/{path+}",
        "GET /openapi.json",
        "GET /portal",
        "GET /portal/",
        "GET /portal/{page+}",
        "GET /problems",
        "GET /problems/{code}",
        "GET /questions",
        "GET /schemas/{file}",
        "GET /templates/{file}",
        "GET /uncovered-domains",
        "GET /verify",
        "GET /verify/{code}",
        "GET /verify/{code}/content",
        "GET /verify/{code}/document",
        "GET /verify/{code}/proof",
        "HEAD /verify",
        "HEAD /verify/{code}",
        "OPTIONS /.well-known/certificates.pem",
        "OPTIONS /.well-known/jwks.json",
        "OPTIONS /log/{path+}",
        "OPTIONS /openapi.json",
        "OPTIONS /problems",
        "OPTIONS /problems/{code}",
        "OPTIONS /schemas/{file}",
        "OPTIONS /verify",
        "OPTIONS /verify/additions",
        "OPTIONS /verify/{code}",
        "OPTIONS /verify/{code}/proof",
        "POST /feedback",
        "POST /portal/{page+}",
        "POST /verify",
        "POST /verify/additions",
    ];

    fn template() -> Deployment {
        Deployment::parse(YAML).unwrap()
    }

    #[test]
    fn has_no_findings() {
        let findings: Vec<_> = template().findings().iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn lets_in_without_a_token_only_where_it_was_decided() {
        let template = template();
        let routes = template.functions().iter().flat_map(|function| &function.routes);
        let public: BTreeSet<_> =
            routes.filter(|route| route.public).map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(public, PUBLIC_ROUTES.iter().map(ToString::to_string).collect());
        let said = format!("{} routes are public", PUBLIC_ROUTES.len());
        assert!(include_str!("../../../docs/deploy-china.md").contains(&said), "{said}");
    }

    #[test]
    fn takes_issuer_and_audience_from_parameters() {
        let template = template();
        let authorizer = template.authorizer().unwrap();
        assert_eq!(authorizer.name, "PortalTokens");
        let TokenCheck::Issuer { issuer, audience } = &authorizer.check else { panic!("{authorizer:?}") };
        assert_eq!(*issuer, Expression::Ref("JwtIssuer".into()));
        assert_eq!(*audience, [Expression::Ref("JwtAudience".into())]);
        assert_eq!(template.parameters()["JwtIssuer"].default, None);
        assert_eq!(template.parameters()["DownloadSeconds"].default.as_deref(), Some("900"));
    }

    #[test]
    fn has_one_table() {
        let template = template();
        let [table] = template.tables() else { panic!("{:?}", template.tables()) };
        assert_eq!(table.logical_id, "RegistryTable");
        assert_eq!(table.key, [("pk".into(), KeyRole::Hash), ("sk".into(), KeyRole::Range)]);
        assert_eq!(table.ttl.as_deref(), Some("expires_at"));
        assert!(table.attributes.iter().all(|(_, kind)| kind == "S"));
        // A local index would limit each partition to 10 GB.
        assert_eq!(table.local_indexes.len(), 0);
        assert_eq!((table.global_indexes.len(), table.stream.as_deref()), (1, Some("NEW_AND_OLD_IMAGES")));
    }

    #[test]
    fn delivers_uploads_and_chunks() {
        let template = template();
        let mut deliveries = Vec::new();
        for bucket in template.buckets() {
            for notification in &bucket.notifications {
                let function = template
                    .functions()
                    .iter()
                    .find(|function| function.sources.iter().any(|source| source.queue == notification.queue))
                    .unwrap();
                let prefix = notification.prefix.as_deref().unwrap();
                deliveries.push(format!("{} {prefix} {} {}", bucket.logical_id, notification.event, function.binary));
            }
        }
        assert_eq!(
            deliveries,
            [
                "IntakeBucket chunks/ s3:ObjectCreated:* index",
                "IntakeBucket parts/ s3:ObjectCreated:* ingest",
                "IntakeBucket aws/lambda/ s3:ObjectCreated:* notify",
                "UploadsBucket uploads/ s3:ObjectCreated:* ingest"
            ]
        );
    }

    #[test]
    fn sends_each_request_to_its_function() {
        let template = template();
        let cases = [
            ("POST", "/reports", Some(("report", ""))),
            ("GET", "/reports", Some(("report", ""))),
            ("GET", "/reports/R1", Some(("report", "number=R1"))),
            ("POST", "/uploads", Some(("uploads", ""))),
            ("POST", "/uploads/check", Some(("uploads", ""))),
            ("GET", "/uploads/12", Some(("uploads", "id=12"))),
            ("GET", "/uploads/12/rejections", Some(("uploads", "id=12"))),
            ("GET", "/templates/penalty.xlsx", Some(("uploads", "file=penalty.xlsx"))),
            ("GET", "/records/12/history", Some(("report", "id=12"))),
            ("GET", "/verify", Some(("verify", ""))),
            ("GET", "/verify/ABCD-EFGH", Some(("verify", "code=ABCD-EFGH"))),
            ("GET", "/verify/ABCD-EFGH/proof", Some(("verify", "code=ABCD-EFGH"))),
            ("GET", "/log/tile/0/x001/234.p/5", Some(("verify", "path=tile/0/x001/234.p/5"))),
            ("POST", "/verify", Some(("verify", ""))),
            ("GET", "/assets/site.css", Some(("verify", "file=site.css"))),
            ("GET", "/reports/R1/document", Some(("report", "number=R1"))),
            ("PUT", "/config/report-template", Some(("report", ""))),
            ("POST", "/config/report-template/preview", Some(("report", ""))),
            ("POST", "/config/report-template/2025-1/activation", Some(("report", "version=2025-1"))),
            ("POST", "/objections/YY-1/decision", Some(("casework", "id=YY-1"))),
            ("GET", "/escalations", Some(("oversight", ""))),
            ("GET", "/notices", Some(("notices", ""))),
            ("POST", "/webhooks/WH-1/end", Some(("notices", "id=WH-1"))),
            ("PATCH", "/verify", None),
            ("DELETE", "/reports/R1", None),
            ("GET", "/", Some(("portal", ""))),
            ("GET", "/portal/my/reports/R1", Some(("portal", "page=my/reports/R1"))),
            ("POST", "/portal/feedback", Some(("portal", "page=feedback"))),
            ("GET", "/portal", Some(("portal", ""))),
            ("GET", "/portal/", Some(("portal", ""))),
            ("GET", "/records", Some(("report", ""))),
            ("GET", "/records/0/history", Some(("report", "id=0"))),
        ];
        for (method, path, expected) in cases {
            let found = template.route(method, path).map(|found| {
                let parameters: Vec<_> =
                    found.path_parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (found.function.binary.clone(), parameters.join("&"))
            });
            let expected = expected.map(|(binary, parameters)| (binary.to_owned(), parameters.to_owned()));
            assert_eq!(found, expected, "{method} {path}");
        }
    }

    #[test]
    fn gives_each_function_only_what_it_uses() {
        let environments: Vec<_> = template()
            .functions()
            .iter()
            .map(|function| {
                // REVISION is given to each, so that each deployment publishes a version, and is read by none.
                let names = function.environment.keys().map(String::as_str).filter(|name| *name != "REVISION");
                let names: Vec<_> = names.collect();
                format!("{}: {}", function.binary, names.join(" "))
            })
            .collect();
        assert_eq!(
            environments,
            [
                "backfill: ADDRESS_KEY_SECRET INTAKE_BUCKET INVENTORY INVENTORY_BUCKET LOG_LEVEL METRICS_NAMESPACE RESTORED_UNTIL RUN_SECONDS TABLE_NAME UPLOADS_BUCKET",
                "casework: ADDRESS_KEY_SECRET CASEWORK_BUCKET LINK_SECONDS LOG_LEVEL METRICS_NAMESPACE TABLE_NAME",
                "index: INTAKE_BUCKET LOG_LEVEL METRICS_NAMESPACE TABLE_NAME",
                "ingest: CHUNK_ROWS INTAKE_BUCKET LOG_LEVEL MAX_HELD_BYTES MAX_ROW_BYTES MAX_TEXT_BYTES MAX_UNPACKED_BYTES METRICS_NAMESPACE PART_BYTES PERSON_KEY_SECRET RESTORED_UNTIL TABLE_NAME UPLOADS_BUCKET",
                "log: INTAKE_BUCKET LOG_BUCKET LOG_KEY_SECRET LOG_LEVEL LOG_ORIGIN LOG_URL METRICS_NAMESPACE RESTORED_UNTIL TABLE_NAME WITNESS_KEYS WITNESS_THRESHOLD WITNESS_URLS",
                "notices: ADDRESS_KEY_SECRET LOG_LEVEL METRICS_NAMESPACE TABLE_NAME WEBHOOK_KEYS_SECRET WEBHOOK_QUEUE",
                "notify: AUDIT_BUCKET EVENT_BUS INTAKE_BUCKET LOG_LEVEL METRICS_NAMESPACE TABLE_NAME WEBHOOK_QUEUE",
                "oversight: ADDRESS_KEY_SECRET AUDIT_BUCKET LOG_LEVEL METRICS_NAMESPACE TABLE_NAME",
                "portal: ADDRESS_KEY_SECRET CASEWORK_DOMAIN LOG_LEVEL METRICS_NAMESPACE OBJECT_STORE_ORIGINS OIDC_CLIENT_ID OIDC_ISSUER PORTAL_KEY_SECRET PORTAL_ORIGIN TABLE_NAME UPLOADS_DOMAIN",
                "report: ADDRESS_KEY_SECRET ANSWER_KEYS_SECRET CODE_KEYS_SECRET DOWNLOAD_SECONDS LOG_LEVEL METRICS_NAMESPACE PERSON_KEY_SECRET REPORTS_BUCKET SIGNING_SECRET TABLE_NAME TIMESTAMP_URL VERIFICATION_BASE_URL",
                "uploads: ADDRESS_KEY_SECRET INTAKE_BUCKET LINK_SECONDS LOG_BUCKET LOG_LEVEL MAX_HELD_BYTES MAX_ROW_BYTES MAX_TEXT_BYTES MAX_UNPACKED_BYTES METRICS_NAMESPACE TABLE_NAME UPLOADS_BUCKET",
                "verify: ADDRESS_KEY_SECRET ANSWER_KEYS_SECRET DOWNLOAD_SECONDS LOG_BUCKET LOG_LEVEL METRICS_NAMESPACE OIDC_ISSUER REPORTS_BUCKET TABLE_NAME VERIFICATION_BASE_URL",
            ]
        );
    }
}

#[test]
fn what_was_issued_and_what_was_done_cannot_be_deleted() {
    let template: serde_json::Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    for (bucket, days) in [
        ("ReportsBucket", "ReportRetentionDays"),
        ("AuditBucket", "AuditRetentionDays"),
        ("LogBucket", "PublicLogRetentionDays"),
    ] {
        let properties = &template["Resources"][bucket]["Properties"];
        assert_eq!(properties["ObjectLockEnabled"], true, "{bucket}");
        let retention = &properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        assert_eq!(*retention, serde_json::json!({ "Mode": "COMPLIANCE", "Days": { "Ref": days } }), "{bucket}");
    }
}

/// What reads a version that its event names needs rights of its own, and without that of listing the store says of one that is gone
/// that access is denied, which is no reason to give it up.
#[test]
fn who_is_told_of_uploads_reads_their_versions() {
    let template: serde_json::Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    let policy = &template["Resources"]["IngestRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let statements = policy["Statement"].as_array().unwrap();
    let of = |sid: &str| statements.iter().find(|statement| statement["Sid"] == sid).unwrap();
    assert_eq!(of("ReadUploads")["Action"], serde_json::json!(["s3:GetObject", "s3:GetObjectVersion"]));
    let listing = of("TellVersionsThatAreGone");
    assert_eq!(listing["Action"], serde_json::json!(["s3:ListBucket", "s3:ListBucketVersions"]));
    let bucket = serde_json::json!({ "Fn::GetAtt": ["UploadsBucket", "Arn"] });
    let or_existing = serde_json::json!(["OwnUploadsBucket", bucket, { "Ref": "ExistingUploadsBucketArn" }]);
    assert_eq!(listing["Resource"]["Fn::If"], or_existing);
    let template = xinzheng_template::Deployment::parse(include_str!("../../../template.yaml")).unwrap();
    assert_eq!(template.buckets_read_by_version().collect::<Vec<_>>(), ["UploadsBucket"]);
}

#[test]
fn with_a_domain_the_default_address_is_off() {
    let template: serde_json::Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    let resources = &template["Resources"];
    let is_off = &resources["Api"]["Properties"]["DisableExecuteApiEndpoint"];
    assert_eq!(*is_off, serde_json::json!({ "Fn::If": ["HasDomain", true, false] }));
    for resource in ["ApiDomain", "ApiDomainMapping"] {
        assert_eq!(resources[resource]["Condition"], "HasDomain", "{resource}");
    }
}

/// CloudFormation hands numbers beyond 32 bits on in exponent form, which no function reads.
#[test]
fn large_numbers_are_quoted() {
    fn assert_small(value: &serde_json::Value, place: &str) {
        match value {
            serde_json::Value::Number(number) => {
                let is_small = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) || number.is_f64();
                assert!(is_small, "{place}: {number}");
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| assert_small(item, place)),
            serde_json::Value::Object(map) => {
                map.iter().for_each(|(name, value)| assert_small(value, &format!("{place}/{name}")));
            }
            _ => {}
        }
    }
    assert_small(&serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap(), "");
}

/// What Lambda leaves out by level would take the lines of metrics, which have none, with it.
#[test]
fn no_level_switches_metrics_off() {
    let yaml = include_str!("../../../template.yaml");
    let template: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    let logging = &template["Globals"]["Function"]["LoggingConfig"];
    assert_eq!((&logging["LogFormat"], &logging["ApplicationLogLevel"]), (&"JSON".into(), &"TRACE".into()));
    assert_eq!(yaml.matches("ApplicationLogLevel").count(), 1, "no function has another");
    // The API's own log has no level.
    let resources = template["Resources"].as_object().unwrap();
    let filters = resources.values().filter(|resource| resource["Type"] == "AWS::Logs::MetricFilter");
    let logs: Vec<&serde_json::Value> = filters.map(|filter| &filter["Properties"]["LogGroupName"]["Ref"]).collect();
    assert_eq!(logs, ["ApiLogs"], "no alarm rests on lines that a level leaves out");
}

/// What a schedule tells of: when it does not, nobody has looked.
#[test]
fn the_silence_of_a_schedule_is_an_alarm() {
    let template: serde_json::Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
    for alarm in [
        "BackfillSilentAlarm",
        "LogBehindAlarm",
        "LogFailuresAlarm",
        "OverdueObjectionsAlarm",
        "SealUnusableAlarm",
        "SigningCertificateAlarm",
        "SigningCertificateUrgentAlarm",
        "TimestampCertificateAlarm",
        "TimestampCertificateUrgentAlarm",
        "UnprovenReportsAlarm",
    ] {
        assert_eq!(template["Resources"][alarm]["Properties"]["TreatMissingData"], "breaching", "{alarm}");
    }
}

#[test]
fn every_alarm_has_its_page_in_the_runbook() {
    let runbook = include_str!("../../runbook.md");
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    let pages: Vec<&str> = headings.flat_map(|heading| heading.split(", ")).collect();
    let yaml = include_str!("../../../template.yaml");
    let mut alarms: Vec<&str> = yaml
        .lines()
        .zip(yaml.lines().skip(1))
        .filter(|(_, next)| next.trim() == "Type: AWS::CloudWatch::Alarm")
        .map(|(name, _)| name.trim().trim_end_matches(':'))
        .collect();
    assert!(alarms.len() >= 10, "{alarms:?}");
    alarms.sort_unstable();
    let mut sorted = pages.clone();
    sorted.sort_unstable();
    assert_eq!(alarms, sorted);
    // And how the page was tried, or why it was not, is said of each.
    let (_, tried) = runbook.split_once("# How each page was tried\n").unwrap();
    let rows = tried.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let mut named: Vec<&str> = rows.flat_map(|row| row.split(", ")).filter(|name| name.ends_with("Alarm")).collect();
    named.sort_unstable();
    assert_eq!(alarms, named);
}
