//! Parameters of the stack.

use crate::DeploymentError;
use crate::node::Node;

/// A parameter that whoever deploys the stack may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its value where none is given, as text; without one it must be given.
    pub default: Option<String>,
}

impl Parameter {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, DeploymentError> {
        let default = match node.at("Default") {
            Some(default) => Some(default.expression()?.to_string()),
            None => None,
        };
        Ok(Self { default })
    }
}
