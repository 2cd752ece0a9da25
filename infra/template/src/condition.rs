//! Conditions: what of the template there is, for given values of its parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::node::Node;
use crate::{DeploymentError, Problem};

/// Leaves of a template what there is with these values: the branch of each `Fn::If` that holds, no resource, output or property
/// whose condition does not. A parameter that `values` lacks has its default; `AWS::Partition` is one of them, `aws` without one.
pub(crate) fn decide(document: &mut Value, values: &BTreeMap<String, String>) -> Result<(), DeploymentError> {
    let before = document.clone();
    let conditions = Conditions { document: &before, values };
    for section in ["Globals", "Resources", "Outputs"] {
        let Some(entries) = document.get_mut(section).and_then(Value::as_object_mut) else { continue };
        let mut gone = Vec::new();
        for (name, entry) in entries.iter_mut() {
            let condition = entry.get("Condition").and_then(Value::as_str).map(str::to_owned);
            match condition {
                Some(condition) if !conditions.holds_by_name(name, &condition)? => gone.push(name.clone()),
                _ => conditions.choose(name, entry)?,
            }
        }
        gone.iter().for_each(|name| drop(entries.remove(name)));
    }
    Ok(())
}

struct Conditions<'a> {
    document: &'a Value,
    values: &'a BTreeMap<String, String>,
}

/// What stands in the place of a property that there is not.
const NO_VALUE: &str = "AWS::NoValue";

impl Conditions<'_> {
    /// Replaces each `Fn::If` in a value; `place` is whose value it is.
    fn choose(&self, place: &str, value: &mut Value) -> Result<(), DeploymentError> {
        while let Some(branches) = value.get("Fn::If") {
            let form = || fail(place, "Fn::If", "[condition, value, value]");
            let [condition, then, otherwise] = branches.as_array().map_or(&[][..], Vec::as_slice) else {
                return Err(form());
            };
            let holds = self.holds_by_name(place, condition.as_str().ok_or_else(form)?)?;
            *value = if holds { then.clone() } else { otherwise.clone() };
        }
        if let Some(part) = self.part(value) {
            *value = Value::String(part);
        }
        match value {
            Value::Array(items) => {
                items.iter_mut().try_for_each(|item| self.choose(place, item))?;
                items.retain(|item| !is_no_value(item));
            }
            Value::Object(entries) => {
                entries.iter_mut().try_for_each(|(_, entry)| self.choose(place, entry))?;
                entries.retain(|_, entry| !is_no_value(entry));
            }
            _ => {}
        }
        Ok(())
    }

    /// The text of `Fn::Select: [place, Fn::Split: [separator, Ref: parameter]]`, such as the name at the end of an ARN; `None` of
    /// anything else.
    fn part(&self, value: &Value) -> Option<String> {
        let selected = value.get("Fn::Select")?;
        let place = usize::try_from(selected.get(0)?.as_u64()?).ok()?;
        let split = selected.get(1)?.get("Fn::Split")?;
        let whole = self.values.get(split.get(1)?.get("Ref")?.as_str()?)?;
        whole.split(split.get(0)?.as_str()?).nth(place).map(str::to_owned)
    }

    fn holds_by_name(&self, place: &str, name: &str) -> Result<bool, DeploymentError> {
        let condition = self.document.get("Conditions").and_then(|them| them.get(name));
        let condition = condition.ok_or_else(|| fail(place, name, "a condition of this template"))?;
        self.holds(&Node::root(name, condition))
    }

    fn holds(&self, condition: &Node<'_>) -> Result<bool, DeploymentError> {
        if let Some(name) = condition.at("Condition") {
            return self.holds_by_name(condition.resource(), name.text()?);
        }
        if let Some(negated) = first(condition, "Fn::Not") {
            return Ok(!self.holds(&negated)?);
        }
        if let Some(all) = condition.at("Fn::And") {
            return all.items()?.iter().try_fold(true, |holds, it| Ok(self.holds(it)? && holds));
        }
        if let Some(any) = condition.at("Fn::Or") {
            return any.items()?.iter().try_fold(false, |holds, it| Ok(self.holds(it)? || holds));
        }
        let pair = condition.need("Fn::Equals")?.items()?;
        let [one, other] = pair.as_slice() else {
            return Err(condition.fail(Problem::Expected("Fn::Equals of two values")));
        };
        Ok(self.value(one)? == self.value(other)?)
    }

    /// Text, or a parameter's value.
    fn value(&self, node: &Node<'_>) -> Result<String, DeploymentError> {
        let Some(name) = node.at("Ref") else { return Ok(node.expression()?.to_string()) };
        let name = name.text()?;
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        if name == "AWS::Partition" {
            return Ok("aws".to_owned());
        }
        let default = self.document.get("Parameters").and_then(|them| them.get(name)?.get("Default"));
        let default = default.ok_or_else(|| node.fail(Problem::Expected("a parameter with a default")))?;
        Ok(Node::root(name, default).expression()?.to_string())
    }
}

fn first<'a>(condition: &Node<'a>, function: &str) -> Option<Node<'a>> {
    condition.at(function)?.items().ok()?.into_iter().next()
}

fn is_no_value(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some(NO_VALUE)
}

fn fail(resource: &str, property: &str, expected: &'static str) -> DeploymentError {
    DeploymentError::Property {
        resource: resource.to_owned(),
        property: property.to_owned(),
        problem: Problem::Expected(expected),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "Parameters": { "Key": { "Default": "" }, "Many": { "Default": 0 }, "Name": {} },
            "Conditions": {
                "HasKey": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Key" }, ""] }] },
                "None": { "Fn::Equals": [{ "Ref": "Many" }, 0] },
                "Abroad": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "AWS::Partition" }, "aws-cn"] }] },
                "Both": { "Fn::And": [{ "Condition": "HasKey" }, { "Condition": "None" }] },
                "Either": { "Fn::Or": [{ "Condition": "HasKey" }, { "Condition": "None" }] },
                "Named": { "Fn::Equals": [{ "Ref": "Name" }, "a"] },
            },
            "Resources": {},
        })
    }

    fn decided(condition: &str, values: &[(&str, &str)]) -> Result<Value, String> {
        let mut document = document();
        document["Resources"] = json!({
            "There": { "Condition": condition, "Type": "T" },
            "Always": {
                "one": { "Fn::If": [condition, { "Fn::If": ["None", 1, 2] }, 3] },
                "list": [{ "Fn::If": [condition, "a", { "Ref": "AWS::NoValue" }] }, "b"],
                "maybe": { "Fn::If": [condition, { "Ref": "Key" }, { "Ref": "AWS::NoValue" }] },
            },
        });
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        decide(&mut document, &values).map_err(|error| error.to_string())?;
        Ok(document["Resources"].take())
    }

    #[test]
    fn what_holds_is_there_and_nothing_else() {
        let there = json!({
            "There": { "Condition": "HasKey", "Type": "T" },
            "Always": { "one": 1, "list": ["a", "b"], "maybe": { "Ref": "Key" } },
        });
        assert_eq!(decided("HasKey", &[("Key", "arn")]), Ok(there));
        let gone = json!({ "Always": { "one": 3, "list": ["b"] } });
        assert_eq!(decided("HasKey", &[]), Ok(gone));
    }

    #[test]
    fn conditions_hold_by_values_and_defaults() {
        let none: &[(&str, &str)] = &[];
        let cases = [
            ("HasKey", none, false),
            ("HasKey", &[("Key", "arn")][..], true),
            ("None", none, true),
            ("None", &[("Many", "2")][..], false),
            ("Abroad", none, true),
            ("Abroad", &[("AWS::Partition", "aws-cn")][..], false),
            ("Both", none, false),
            ("Both", &[("Key", "arn")][..], true),
            ("Either", none, true),
            ("Either", &[("Many", "2")][..], false),
        ];
        for (condition, values, expected) in cases {
            let there = decided(condition, values).unwrap().get("There").is_some();
            assert_eq!(there, expected, "{condition} {values:?}");
        }
    }

    #[test]
    fn a_part_of_a_parameter_is_taken() {
        let mut document = document();
        let arn = |place: u64| json!({ "Fn::Select": [place, { "Fn::Split": [":", { "Ref": "Key" }] }] });
        document["Resources"] = json!({ "A": { "name": arn(5), "none": arn(9) } });
        let values = BTreeMap::from([("Key".to_owned(), "arn:aws-cn:s3:::reports".to_owned())]);
        decide(&mut document, &values).unwrap();
        assert_eq!(document["Resources"]["A"], json!({ "name": "reports", "none": arn(9) }));
    }

    #[test]
    fn what_cannot_be_decided_is_said() {
        let cases = [
            ("Missing", "There: Missing: should be a condition of this template"),
            ("Named", "Named: Fn::Equals.0: should be a parameter with a default"),
        ];
        for (condition, expected) in cases {
            let error = decided(condition, &[]).unwrap_err();
            // Whichever is looked at first.
            assert_eq!(error.replace("Always", "There"), expected);
        }
    }
}
