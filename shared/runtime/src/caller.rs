//! Who calls: roles from the claims of the token that the HTTP API's authorizer has checked.
//!
//! A handler takes the role that it needs as an argument, and a role can only be made from a request, so that an
//! unguarded route does not compile.
//!
//! | role | claims |
//! |---|---|
//! | subject | `role` = `subject`, `subject` = USCC or hashed person id; for persons `name` and `masked_id_number` |
//! | unit | `role` = `unit`, `unit` = unit code |
//! | platform | `role` = `operator`, `sub` |
//! | third party | `role` = `third-party`, `sub`, `name`, for agencies `organisation` = USCC |

use xinzheng_domain::{AddressKey, SubjectId, UnitCode, Uscc};
use xinzheng_store::audit::Actor;

use crate::http::HttpRequest;
use crate::idempotency;
use crate::problem::Problem;

/// A subject that acts for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: SubjectId,
    /// The name that the identity provider knows, for natural persons.
    pub name: Option<String>,
    /// The identity number with its middle hidden, for natural persons.
    pub masked_id_number: Option<String>,
}

/// A source unit or county office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
}

/// The platform's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The person's id at the identity provider.
    pub id: String,
}

/// A third party with an account: a bank, a tender office, an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThirdParty {
    /// Its id at the identity provider.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its 统一社会信用代码, when the identity provider vouches for one.
    pub organisation: Option<Uscc>,
}

/// The header in which the portal passes on for whom it asks, and the one in which it shows that it may.
pub const FORWARDED_ADDRESS: &str = "x-portal-address";
/// See [`FORWARDED_ADDRESS`].
pub const FORWARDED_PROOF: &str = "x-portal-proof";

/// The address that a request comes from: what the portal vouches for, else what the HTTP API says. What anyone else passes
/// on does not count.
pub fn address<'r>(request: &'r HttpRequest, key: &AddressKey) -> &'r str {
    match (request.header(FORWARDED_ADDRESS), request.header(FORWARDED_PROOF)) {
        (Some(address), Some(proof)) if key.holds(address, proof) => address,
        _ => request.source_address(),
    }
}

/// Who makes a request, as the audit has it. Only what the token says; a handler that needs a role asks for it.
pub fn actor(request: &HttpRequest, key: &AddressKey) -> Actor {
    let name = |claim: &str| request.claim(claim).unwrap_or_default().to_owned();
    let unit = || UnitCode::parse(request.claim("unit")?);
    let mut actor = match request.claim("role") {
        Some("subject") => Actor::subject(),
        Some("unit") => unit().map_or_else(Actor::anyone, Actor::unit),
        Some("operator") => Actor::platform(name("sub")),
        Some("third-party") => Actor::third_party(name("name")),
        _ => Actor::anyone(),
    };
    actor.address = key.mark(address(request, key));
    actor.request = idempotency::claim(request);
    actor
}

fn role(request: &HttpRequest, expected: &str) -> Result<(), Problem> {
    match request.claim("role") {
        Some(role) if role == expected => Ok(()),
        Some(_) => Err(Problem::role_not_allowed()),
        None => Err(Problem::new(401, "token-missing", "请先登录")),
    }
}

fn claim<'r>(request: &'r HttpRequest, name: &str) -> Result<&'r str, Problem> {
    request.claim(name).filter(|value| !value.is_empty()).ok_or_else(unreadable)
}

fn unreadable() -> Problem {
    Problem::new(401, "token-claims-unreadable", "登录凭证缺少所需信息").hint("请重新登录")
}

impl TryFrom<&HttpRequest> for Subject {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        role(request, "subject")?;
        Ok(Self {
            id: SubjectId::parse(claim(request, "subject")?).ok_or_else(unreadable)?,
            name: request.claim("name").map(str::to_owned),
            masked_id_number: request.claim("masked_id_number").map(str::to_owned),
        })
    }
}

impl TryFrom<&HttpRequest> for Unit {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        role(request, "unit")?;
        Ok(Self { code: UnitCode::parse(claim(request, "unit")?).ok_or_else(unreadable)? })
    }
}

impl TryFrom<&HttpRequest> for Operator {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        role(request, "operator")?;
        Ok(Self { id: claim(request, "sub")?.to_owned() })
    }
}

impl TryFrom<&HttpRequest> for ThirdParty {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        role(request, "third-party")?;
        Ok(Self {
            id: claim(request, "sub")?.to_owned(),
            name: claim(request, "name")?.to_owned(),
            organisation: request.claim("organisation").and_then(|code| Uscc::parse(code).ok()),
        })
    }
}
