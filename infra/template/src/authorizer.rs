//! JWT authorizers of the HTTP API.

use crate::node::Node;
use crate::{DeploymentError, Expression};

/// A JWT authorizer: it lets a request pass whose token this issuer signed for one of these audiences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Its name in the template.
    pub name: String,
    /// Where the token is, such as `$request.header.Authorization`.
    pub identity_source: String,
    /// The token's `iss`.
    pub issuer: Expression,
    /// One of these is in the token's `aud`, or is its `client_id`.
    pub audience: Vec<Expression>,
}

/// What an `AWS::Serverless::HttpApi` says of authorizers.
#[derive(Clone, Debug)]
pub(crate) struct ApiAuthorizers {
    /// Logical id of the API.
    pub(crate) api: String,
    /// Name of the authorizer of routes that name none.
    pub(crate) default: Option<String>,
    /// Every authorizer that the API declares.
    pub(crate) declared: Vec<Authorizer>,
}

impl ApiAuthorizers {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let default = resource.at("Properties.Auth.DefaultAuthorizer");
        let declared = resource.entries_at("Properties.Auth.Authorizers")?;
        Ok(Self {
            api: resource.resource().to_owned(),
            default: default.map(|name| name.text().map(str::to_owned)).transpose()?,
            declared: declared.iter().map(|(name, node)| Authorizer::read(name, node)).collect::<Result<_, _>>()?,
        })
    }

    /// The authorizer of routes that name none.
    pub(crate) fn default_authorizer(&self) -> Option<&Authorizer> {
        self.declared.iter().find(|authorizer| Some(&authorizer.name) == self.default.as_ref())
    }
}

impl Authorizer {
    fn read(name: &str, node: &Node<'_>) -> Result<Self, DeploymentError> {
        let audience = node.need("JwtConfiguration.audience")?.items()?;
        Ok(Self {
            name: name.to_owned(),
            identity_source: node.need("IdentitySource")?.text()?.to_owned(),
            issuer: node.need("JwtConfiguration.issuer")?.expression()?,
            audience: audience.iter().map(Node::expression).collect::<Result<_, _>>()?,
        })
    }
}
