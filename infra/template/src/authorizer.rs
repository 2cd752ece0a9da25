//! Authorizers of the HTTP API.

use crate::node::Node;
use crate::{DeploymentError, Expression, Problem};

/// An authorizer: it lets a request pass whose token holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// Its name in the template.
    pub name: String,
    /// Where the token is, such as `$request.header.Authorization`.
    pub identity_source: String,
    /// Who checks tokens.
    pub check: TokenCheck,
}

/// Who checks tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenCheck {
    /// API Gateway, by the keys that the issuer publishes.
    Issuer {
        /// The token's `iss`.
        issuer: Expression,
        /// One of these is in the token's `aud`, or is its `client_id`.
        audience: Vec<Expression>,
    },
    /// A function, which has the keys.
    Function {
        /// Its logical id.
        function: String,
        /// For how many seconds API Gateway keeps what it was answered of a token.
        kept_seconds: u32,
        /// Whether it is asked and answers in the form that it knows: payload format 2.0, and a yes or no.
        is_simple: bool,
        /// Whether SAM lets API Gateway call it.
        is_permitted: bool,
    },
}

/// How long API Gateway keeps an answer where the template does not say, in seconds.
const DEFAULT_KEPT_SECONDS: u32 = 300;

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
        let Some(arn) = node.at("FunctionArn") else {
            let audience = node.need("JwtConfiguration.audience")?.items()?;
            return Ok(Self {
                name: name.to_owned(),
                identity_source: node.need("IdentitySource")?.text()?.to_owned(),
                check: TokenCheck::Issuer {
                    issuer: node.need("JwtConfiguration.issuer")?.expression()?,
                    audience: audience.iter().map(Node::expression).collect::<Result<_, _>>()?,
                },
            });
        };
        let alias = arn.reference()?;
        let function = alias.strip_suffix(".Alias").ok_or_else(|| arn.fail(Problem::Expected("a function's Alias")))?;
        let is_true = |property| node.at(property).is_some_and(|it| it.is_true());
        let [header] = &node.need("Identity.Headers")?.items()?[..] else {
            return Err(node.fail(Problem::Expected("one header of the identity")));
        };
        Ok(Self {
            name: name.to_owned(),
            identity_source: format!("$request.header.{}", header.text()?),
            check: TokenCheck::Function {
                function: function.to_owned(),
                kept_seconds: node
                    .at("Identity.ReauthorizeEvery")
                    .map_or(Ok(DEFAULT_KEPT_SECONDS), |seconds| seconds.number())?,
                is_simple: node.at("AuthorizerPayloadFormatVersion").is_some_and(|version| version.is("2.0"))
                    && is_true("EnableSimpleResponses"),
                is_permitted: is_true("EnableFunctionDefaultPermissions"),
            },
        })
    }

    /// Whether it guards: there is somebody who checks each token, and for whom it is.
    pub(crate) fn guards(&self, has_function: impl Fn(&str) -> bool) -> bool {
        let checks = match &self.check {
            TokenCheck::Issuer { audience, .. } => !audience.is_empty(),
            TokenCheck::Function { function, kept_seconds, is_simple, is_permitted } => {
                *is_simple && *is_permitted && *kept_seconds == 0 && has_function(function)
            }
        };
        checks && self.identity_source == "$request.header.Authorization"
    }
}
