//! A place in the template that knows its own name, so that an error can say where it is.

use serde_json::Value;

use crate::{DeploymentError, Expression, Problem};

/// A value together with the resource that it belongs to and its path within.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    resource: &'a str,
    path: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    /// The root of a resource, a parameter or a section.
    pub(crate) fn root(resource: &'a str, value: &'a Value) -> Self {
        Self { resource, path: String::new(), value }
    }

    /// Logical id of the resource that this is part of.
    pub(crate) fn resource(&self) -> &'a str {
        self.resource
    }

    /// The node at a path of keys with dots between them, if it is there.
    pub(crate) fn at(&self, path: &str) -> Option<Self> {
        let value = path.split('.').try_fold(self.value, |value, key| value.get(key))?;
        Some(self.child(path, value))
    }

    /// The node at a path of keys with dots between them.
    pub(crate) fn need(&self, path: &str) -> Result<Self, DeploymentError> {
        self.at(path).ok_or_else(|| self.child(path, self.value).fail(Problem::Missing))
    }

    /// The text here.
    pub(crate) fn text(&self) -> Result<&'a str, DeploymentError> {
        self.value.as_str().ok_or_else(|| self.fail(Problem::Expected("text")))
    }

    /// The whole number here.
    pub(crate) fn number(&self) -> Result<u32, DeploymentError> {
        let number = self.value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| self.fail(Problem::Expected("a whole number")))
    }

    /// Whether `true` stands here.
    pub(crate) fn is_true(&self) -> bool {
        self.value.as_bool() == Some(true)
    }

    /// Whether this text stands here.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.value.as_str() == Some(text)
    }

    /// The members of the list here.
    pub(crate) fn items(&self) -> Result<Vec<Self>, DeploymentError> {
        let items = self.value.as_array().ok_or_else(|| self.fail(Problem::Expected("a list")))?;
        Ok(items.iter().enumerate().map(|(position, item)| self.child(&position.to_string(), item)).collect())
    }

    /// The members of the list here, or the one thing that stands here without a list around it.
    pub(crate) fn one_or_many(&self) -> Vec<Self> {
        self.items().unwrap_or_else(|_| vec![self.clone()])
    }

    /// The members of the list at a path; none if the path is not there.
    pub(crate) fn items_at(&self, path: &str) -> Result<Vec<Self>, DeploymentError> {
        self.at(path).map_or(Ok(Vec::new()), |list| list.items())
    }

    /// The entries of the map here, by name.
    pub(crate) fn entries(&self) -> Result<Vec<(&'a str, Self)>, DeploymentError> {
        let entries = self.value.as_object().ok_or_else(|| self.fail(Problem::Expected("a map")))?;
        Ok(entries.iter().map(|(name, value)| (name.as_str(), self.child(name, value))).collect())
    }

    /// The entries of the map at a path; none if the path is not there.
    pub(crate) fn entries_at(&self, path: &str) -> Result<Vec<(&'a str, Self)>, DeploymentError> {
        self.at(path).map_or(Ok(Vec::new()), |map| map.entries())
    }

    /// The value here.
    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// The expression here: text, a number, or one of the intrinsic functions that [`Expression`] knows.
    pub(crate) fn expression(&self) -> Result<Expression, DeploymentError> {
        Expression::read(self)
    }

    /// Logical id of the resource whose ARN stands here.
    pub(crate) fn arn_of(&self) -> Result<String, DeploymentError> {
        match self.expression()? {
            Expression::Attribute(resource, attribute) if attribute == "Arn" => Ok(resource),
            _ => Err(self.fail(Problem::Expected("the Arn of a resource of this template"))),
        }
    }

    /// Logical id of the resource that a `Ref` here names.
    pub(crate) fn reference(&self) -> Result<String, DeploymentError> {
        match self.expression()? {
            Expression::Ref(resource) => Ok(resource),
            _ => Err(self.fail(Problem::Expected("a Ref to a resource of this template"))),
        }
    }

    /// The error that this place has this problem.
    pub(crate) fn fail(&self, problem: Problem) -> DeploymentError {
        DeploymentError::Property { resource: self.resource.to_owned(), property: self.path.clone(), problem }
    }

    fn child(&self, path: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.path) };
        Self { resource: self.resource, path, value }
    }
}
