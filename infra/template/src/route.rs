//! Routes of the HTTP API, and how a request finds its route.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::DeploymentError;
use crate::node::Node;

/// Where SAM's events and OpenAPI say "every method".
const ANY_METHOD: &str = "ANY";
/// What a route says that needs no token.
const NO_AUTHORIZER: &str = "NONE";

/// A route of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// In capitals; `ANY` stands for every method.
    pub method: String,
    /// Its path, with parameters as `{name}` and, at the end, `{name+}` for all that follows.
    pub path: String,
    /// Whether it says itself that it needs no token.
    pub public: bool,
    /// Logical id of the API that it is part of.
    pub api: Option<String>,
    /// Name of the authorizer that it asks for instead of the API's default one.
    pub authorizer: Option<String>,
}

/// One part of a route's path, from the most to the least specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'a> {
    Literal(&'a str),
    Parameter(&'a str),
    Rest(&'a str),
}

impl Route {
    pub(crate) fn read(event: &Node<'_>) -> Result<Self, DeploymentError> {
        let properties = event.need("Properties")?;
        let authorizer = properties.at("Auth.Authorizer").map(|name| name.text()).transpose()?;
        Ok(Self {
            method: properties.need("Method")?.text()?.to_ascii_uppercase(),
            path: properties.need("Path")?.text()?.to_owned(),
            public: authorizer == Some(NO_AUTHORIZER),
            api: properties.at("ApiId").map(|api| api.reference()).transpose()?,
            authorizer: authorizer.filter(|name| *name != NO_AUTHORIZER).map(str::to_owned),
        })
    }

    /// The request's path parameters if it takes this route; `path` is as the client sent it, without a query. Values
    /// come percent-decoded, as HTTP API hands them on.
    ///
    /// A slash at the end counts: `/reports/` is not `/reports`.
    ///
    /// Matched here and not by matchit, which axum routes by: it refuses `/pets/{id}` beside `/pets/{rest+}` (0.8.4), which the
    /// HTTP API takes, and knows no methods, so that the order of `ANY` and a method would stay here all the same.
    pub fn matches(&self, method: &str, path: &str) -> Option<BTreeMap<String, String>> {
        if self.method != ANY_METHOD && !self.method.eq_ignore_ascii_case(method) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in self.segments() {
            let here = rest?;
            if let Segment::Rest(name) = segment {
                return (!here.is_empty()).then(|| {
                    parameters.insert(name.to_owned(), percent_decoded(here));
                    parameters
                });
            }
            let (part, after) = match here.split_once('/') {
                Some((part, after)) => (part, Some(after)),
                None => (here, None),
            };
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Parameter(name) if !part.is_empty() => {
                    parameters.insert(name.to_owned(), percent_decoded(part));
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_none().then_some(parameters)
    }

    /// Less for the route that HTTP API prefers where both match: the earliest literal part wins over a parameter, a
    /// parameter over `{name+}`, and a method over `ANY`.
    pub(crate) fn specificity(&self, other: &Self) -> Ordering {
        let rank = |route: &Self| {
            let kinds: Vec<u8> = route
                .segments()
                .map(|segment| match segment {
                    Segment::Literal(_) => 0,
                    Segment::Parameter(_) => 1,
                    Segment::Rest(_) => 2,
                })
                .collect();
            (kinds, route.method == ANY_METHOD)
        };
        rank(self).cmp(&rank(other))
    }

    fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.path.strip_prefix('/').unwrap_or(&self.path).split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
            match (name, name.and_then(|name| name.strip_suffix('+'))) {
                (_, Some(name)) => Segment::Rest(name),
                (Some(name), None) => Segment::Parameter(name),
                (None, None) => Segment::Literal(segment),
            }
        })
    }
}

/// The text with `%xx` replaced; unchanged if what comes out is not UTF-8.
fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> Route {
        Route { method: method.to_owned(), path: path.to_owned(), public: false, api: None, authorizer: None }
    }

    #[test]
    fn matches_by_segment() {
        let cases = [
            ("/reports", "GET", "/reports", Some("")),
            ("/reports", "get", "/reports", Some("")),
            ("/reports", "POST", "/reports", None),
            ("/reports", "GET", "/reports/", None),
            ("/reports", "GET", "/reports/1", None),
            ("/reports", "GET", "/report", None),
            ("/reports", "GET", "reports", None),
            ("/", "GET", "/", Some("")),
            ("/", "GET", "/a", None),
            ("/verify/{code}", "GET", "/verify/A1-B2", Some("code=A1-B2")),
            ("/verify/{code}", "GET", "/verify/%e4%BF%A1%2f", Some("code=信/")),
            ("/verify/{code}", "GET", "/verify/%ff%zz%1", Some("code=%ff%zz%1")),
            ("/verify/{code}", "GET", "/verify/", None),
            ("/verify/{code}", "GET", "/verify", None),
            ("/verify/{code}", "GET", "/verify/a/b", None),
            ("/a/{b}/c/{d}", "GET", "/a/1/c/2", Some("b=1 d=2")),
            ("/assets/{file+}", "GET", "/assets/a/b.css", Some("file=a/b.css")),
            ("/assets/{file+}", "GET", "/assets/", None),
        ];
        for (template, method, path, expected) in cases {
            let parameters = route("GET", template).matches(method, path).map(|parameters| {
                parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(parameters.as_deref(), expected, "{template} {method} {path}");
        }
        assert!(route("ANY", "/reports").matches("DELETE", "/reports").is_some());
    }

    #[test]
    fn prefers_the_most_specific_route() {
        let mut routes = [
            route("ANY", "/{rest+}"),
            route("GET", "/pets/{rest+}"),
            route("ANY", "/pets/{id}"),
            route("GET", "/pets/{id}"),
            route("GET", "/pets/dog"),
        ];
        routes.sort_by(Route::specificity);
        let order: Vec<_> = routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(order, ["GET /pets/dog", "GET /pets/{id}", "ANY /pets/{id}", "GET /pets/{rest+}", "ANY /{rest+}"]);
    }
}
