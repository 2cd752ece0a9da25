//! The template whose tokens a function checks, as `infra/build --authorizer keys` makes it of `template.yaml`: it is that one but for
//! its authorizer.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::process::Command;
    use std::sync::LazyLock;

    use serde_json::{Value, json};
    use xinzheng_template::{Deployment, Rule, TokenCheck};

    /// What `sed` makes of it.
    static KEYS: LazyLock<Value> = LazyLock::new(|| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let made =
            Command::new("sed").args(["-f", "infra/keys.sed", "template.yaml"]).current_dir(root).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let text = String::from_utf8(made.stdout).unwrap();
        let is_marked = |line: &str| line.trim_start().starts_with("#keys") || line.trim_end().ends_with("#jwt");
        assert!(!text.lines().any(is_marked), "a mark that sed does not know");
        serde_saphyr::from_str(&text).unwrap()
    });
    static USUAL: LazyLock<Value> =
        LazyLock::new(|| serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap());

    const SECRET: (&str, &str) =
        ("TokenKeysSecretArn", "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:keys");

    fn deployed(document: &Value, values: &[(&str, &str)]) -> Deployment {
        let values: BTreeMap<_, _> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Deployment::with_parameters(document.clone(), &values).unwrap()
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut document = KEYS.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    }

    #[test]
    fn it_differs_by_its_authorizer_alone() {
        let but_for = |mut document: Value| {
            for place in [
                "/Resources/Api/Properties/Auth/Authorizers/PortalTokens",
                "/Resources/Api/Properties/AccessLogSettings/Format/Fn::Sub/1/Claims",
                "/Rules/KeysGoWithTheirAuthorizer/Assertions/0/Assert",
            ] {
                let there = document.pointer_mut(place).unwrap_or_else(|| panic!("{place}")).take();
                assert!(!there.is_null(), "{place}");
            }
            document
        };
        assert_ne!(*KEYS, *USUAL);
        assert_eq!(but_for(KEYS.clone()), but_for(USUAL.clone()));
    }

    #[test]
    fn nothing_is_found_in_both_partitions() {
        for partition in ["aws", "aws-cn"] {
            for key in ["", "arn:aws-cn:kms:cn-north-1:123456789012:key/1"] {
                let values = [SECRET, ("AWS::Partition", partition), ("DataKeyArn", key)];
                assert_eq!(deployed(&KEYS, &values).findings(), [], "{values:?}");
            }
        }
    }

    #[test]
    fn each_guarded_route_is_guarded_by_the_function_and_the_public_ones_are_the_same() {
        let keys = deployed(&KEYS, &[SECRET]);
        let authorizer = keys.authorizer().unwrap();
        assert_eq!(authorizer.identity_source, "$request.header.Authorization");
        let TokenCheck::Function { function, kept_seconds, .. } = &authorizer.check else { panic!("{authorizer:?}") };
        assert_eq!((function.as_str(), *kept_seconds), ("AuthorizerFunction", 0));
        let routes = |template: &Deployment| {
            let functions = template.functions().iter();
            functions.flat_map(|function| function.routes.clone()).collect::<Vec<_>>()
        };
        let routes_of_keys = routes(&keys);
        assert_eq!(routes_of_keys, routes(&deployed(&USUAL, &[])));
        assert!(routes_of_keys.iter().any(|route| route.public));
        assert!(routes_of_keys.iter().all(|route| route.public || route.authorizer.is_none()), "all take the default");
    }

    #[test]
    fn what_does_not_guard_is_found() {
        let api = "/Resources/Api/Properties/Auth";
        let its = |rest: &str| format!("{api}/Authorizers/PortalTokens/{rest}");
        for (pointer, value) in [
            (its("Identity/ReauthorizeEvery"), json!(300)),
            (its("EnableSimpleResponses"), json!(false)),
            (its("EnableFunctionDefaultPermissions"), json!(false)),
            (its("AuthorizerPayloadFormatVersion"), json!("1.0")),
            (its("Identity/Headers"), json!(["Cookie"])),
            (its("FunctionArn"), json!({ "Ref": "ForgottenFunction.Alias" })),
            (format!("{api}/DefaultAuthorizer"), json!("Forgotten")),
        ] {
            let found = deployed(&changed(&pointer, value), &[SECRET]).findings();
            assert_eq!(found.len(), 81, "{pointer}: each guarded route");
            assert!(found.iter().all(|finding| finding.rule == Rule::Authorizer), "{pointer}: {found:?}");
        }
        // Without the secret there is no function.
        assert_eq!(deployed(&KEYS, &[]).findings().len(), 81);
    }

    #[test]
    fn the_function_is_there_with_its_keys_alone() {
        let of = |template: Deployment| {
            let mut functions = template.functions().to_vec();
            functions.retain(|function| function.logical_id == "AuthorizerFunction");
            functions
        };
        assert_eq!(of(deployed(&USUAL, &[])), []);
        let [function] = &of(deployed(&KEYS, &[SECRET]))[..] else { panic!("one function") };
        assert_eq!(function.binary, "authorizer");
        let names: Vec<_> = function.environment.keys().map(String::as_str).filter(|it| *it != "REVISION").collect();
        assert_eq!(names, ["LOG_LEVEL", "METRICS_NAMESPACE", "TOKEN_AUDIENCE", "TOKEN_ISSUER", "TOKEN_KEYS_SECRET"]);
        let parts =
            ["Function", "Role", "Logs", "ErrorsAlarm", "ThrottlesAlarm"].map(|part| format!("Authorizer{part}"));
        for resource in parts.iter().map(String::as_str).chain(["UnknownTokenKeysAlarm"]) {
            assert_eq!(KEYS["Resources"][resource]["Condition"], "HoldsTokenKeys", "{resource}");
        }
    }
}
