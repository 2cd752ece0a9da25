//! Values that are known only when the stack is: `Ref`, `Fn::GetAtt`, `Fn::Sub`.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::node::Node;
use crate::{DeploymentError, Problem};

/// A value of the template, before its references are resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Text, or a number or truth value as text.
    Literal(String),
    /// `Ref`: a parameter, a pseudo parameter such as `AWS::Region`, or a resource's main name.
    Ref(String),
    /// `Fn::GetAtt`: logical id and attribute.
    Attribute(String, String),
    /// `Fn::Sub`: these, one after another.
    Joined(Vec<Expression>),
}

/// What an [`Expression`] refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference<'a> {
    /// A parameter, a pseudo parameter or a resource, by its name.
    Ref(&'a str),
    /// An attribute of a resource: logical id and attribute.
    Attribute(&'a str, &'a str),
}

impl<'a> Reference<'a> {
    /// Name of the parameter or resource.
    pub fn name(self) -> &'a str {
        match self {
            Self::Ref(name) | Self::Attribute(name, _) => name,
        }
    }
}

/// A reference that nothing stands behind.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("nothing is known of {0}")]
pub struct Unresolved(
    /// The reference as `Fn::Sub` writes it, such as `${UploadsBucket.Arn}`.
    pub String,
);

impl Expression {
    /// The value, with what `lookup` knows of each reference.
    ///
    /// ```
    /// use xinzheng_template::{Expression, Reference};
    ///
    /// let arn = Expression::Joined(vec![
    ///     Expression::Attribute("UploadsBucket".into(), "Arn".into()),
    ///     Expression::Literal("/uploads/*".into()),
    /// ]);
    /// let lookup = |reference: Reference<'_>| match reference {
    ///     Reference::Attribute("UploadsBucket", "Arn") => Some("arn:aws-cn:s3:::uploads".to_owned()),
    ///     _ => None,
    /// };
    /// assert_eq!(arn.resolve(&lookup).as_deref(), Ok("arn:aws-cn:s3:::uploads/uploads/*"));
    /// ```
    pub fn resolve(&self, lookup: &dyn Fn(Reference<'_>) -> Option<String>) -> Result<String, Unresolved> {
        match self {
            Self::Literal(text) => Ok(text.clone()),
            Self::Ref(name) => lookup(Reference::Ref(name)).ok_or_else(|| Unresolved(self.to_string())),
            Self::Attribute(resource, attribute) => {
                lookup(Reference::Attribute(resource, attribute)).ok_or_else(|| Unresolved(self.to_string()))
            }
            Self::Joined(parts) => parts.iter().map(|part| part.resolve(lookup)).collect(),
        }
    }

    /// Everything that it refers to, in order.
    pub fn references(&self) -> Vec<Reference<'_>> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Ref(name) => vec![Reference::Ref(name)],
            Self::Attribute(resource, attribute) => vec![Reference::Attribute(resource, attribute)],
            Self::Joined(parts) => parts.iter().flat_map(Self::references).collect(),
        }
    }

    /// Whether it refers to this parameter or resource.
    pub(crate) fn names(&self, logical_id: &str) -> bool {
        self.references().iter().any(|reference| reference.name() == logical_id)
    }

    pub(crate) fn read(node: &Node<'_>) -> Result<Self, DeploymentError> {
        let unknown = || node.fail(Problem::Expected("text, a number, Ref, Fn::GetAtt or Fn::Sub, in the long form"));
        match node.value() {
            Value::String(text) => Ok(Self::Literal(text.clone())),
            Value::Number(number) => Ok(Self::Literal(number.to_string())),
            Value::Bool(truth) => Ok(Self::Literal(truth.to_string())),
            Value::Object(map) if map.len() == 1 => {
                if let Some(name) = node.at("Ref") {
                    Ok(Self::Ref(name.text()?.to_owned()))
                } else if let Some(attribute) = node.at("Fn::GetAtt") {
                    get_attribute(&attribute)
                } else if let Some(template) = node.at("Fn::Sub") {
                    substitute(&template)
                } else {
                    Err(unknown())
                }
            }
            _ => Err(unknown()),
        }
    }
}

/// As `Fn::Sub` would write it.
impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Ref(name) => write!(f, "${{{name}}}"),
            Self::Attribute(resource, attribute) => write!(f, "${{{resource}.{attribute}}}"),
            Self::Joined(parts) => parts.iter().try_for_each(|part| write!(f, "{part}")),
        }
    }
}

fn get_attribute(node: &Node<'_>) -> Result<Expression, DeploymentError> {
    let form = || node.fail(Problem::Expected("[logical id, attribute]"));
    let path = match node.items() {
        Ok(items) => items.iter().map(Node::text).collect::<Result<Vec<_>, _>>()?.join("."),
        Err(_) => node.text()?.to_owned(),
    };
    let (resource, attribute) = path.split_once('.').ok_or_else(form)?;
    Ok(Expression::Attribute(resource.to_owned(), attribute.to_owned()))
}

/// Reads the argument of `Fn::Sub`: a text, or a text and a map of its own variables.
fn substitute(node: &Node<'_>) -> Result<Expression, DeploymentError> {
    let form = || node.fail(Problem::Expected("text whose ${} are closed, or [text, variables]"));
    let mut variables = BTreeMap::new();
    let template = match node.items().as_deref() {
        Ok([template, own]) => {
            for (name, value) in own.entries()? {
                variables.insert(name, value.expression()?);
            }
            template.text()?
        }
        Ok(_) => return Err(form()),
        Err(_) => node.text()?,
    };
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(form)?;
        if !literal.is_empty() {
            parts.push(Expression::Literal(literal.to_owned()));
        }
        parts.push(match (name.strip_prefix('!'), variables.get(name), name.split_once('.')) {
            (Some(escaped), _, _) => Expression::Literal(format!("${{{escaped}}}")),
            (None, Some(variable), _) => variable.clone(),
            (None, None, Some((resource, attribute))) => Expression::Attribute(resource.into(), attribute.into()),
            (None, None, None) => Expression::Ref(name.to_owned()),
        });
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Expression::Literal(rest.to_owned()));
    }
    Ok(Expression::Joined(parts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> Result<String, String> {
        Expression::read(&Node::root("Thing", value))
            .map(|expression| {
                let known = |reference: Reference<'_>| match reference {
                    Reference::Ref(name) => Some(format!("<{name}>")),
                    Reference::Attribute(resource, attribute) => Some(format!("<{resource} {attribute}>")),
                };
                expression.resolve(&known).unwrap()
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_every_form_it_knows() {
        let cases = [
            (json!("plain"), "plain"),
            (json!(900), "900"),
            (json!(true), "true"),
            (json!({"Ref": "AWS::Region"}), "<AWS::Region>"),
            (json!({"Fn::GetAtt": ["Queue", "Arn"]}), "<Queue Arn>"),
            (json!({"Fn::GetAtt": "Queue.Arn"}), "<Queue Arn>"),
            (json!({"Fn::Sub": "${AWS::StackName}-uploads"}), "<AWS::StackName>-uploads"),
            (json!({"Fn::Sub": "${Bucket.Arn}/uploads/*"}), "<Bucket Arn>/uploads/*"),
            (json!({"Fn::Sub": "a${!kept}b"}), "a${kept}b"),
            (json!({"Fn::Sub": ["${x}/${Y}", {"x": {"Ref": "Z"}}]}), "<Z>/<Y>"),
            (json!({"Fn::Sub": ""}), ""),
        ];
        for (value, expected) in cases {
            assert_eq!(shown(&value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let cases = [
            json!({"Fn::Join": ["", []]}),
            json!({"Ref": 1}),
            json!({"Fn::GetAtt": ["Queue"]}),
            json!({"Fn::Sub": "${open"}),
            json!({"Fn::Sub": ["a", {}, "b"]}),
            json!(["a"]),
            json!(null),
        ];
        for value in cases {
            assert!(shown(&value).unwrap_err().starts_with("Thing: "), "{value}");
        }
    }

    #[test]
    fn says_which_reference_is_unresolved() {
        let value = json!({"Fn::Sub": "${AWS::Region}/${Queue.Arn}"});
        let expression = Expression::read(&Node::root("Thing", &value)).unwrap();
        let region_only =
            |reference: Reference<'_>| (reference.name() == "AWS::Region").then(|| "cn-north-1".to_owned());
        assert_eq!(expression.resolve(&region_only), Err(Unresolved("${Queue.Arn}".to_owned())));
    }
}
