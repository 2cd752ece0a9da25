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

use jiff::Timestamp;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::notice::Recipient;
use xinzheng_domain::identity::citizen_id::mask_within;
use xinzheng_domain::{AddressKey, SubjectId, UnitCode, Uscc};
use xinzheng_store::Registry;
use xinzheng_store::audit::Actor;

use crate::http::HttpRequest;
use crate::idempotency_key;
use xinzheng_api::problem::{
    Problem, ROLE_NOT_ALLOWED, TOKEN_CLAIMS_UNREADABLE, TOKEN_MISSING, UNIT_MISSING, UNIT_NOT_YOURS,
};
use xinzheng_api::token::{Account, Claim};

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

impl HttpRequest {
    /// Who makes it, as the audit has it. Only what the token says; a handler that needs a role asks for it.
    pub fn actor(&self, key: &AddressKey) -> Actor {
        let name = |claim| masked(self.claim(claim).unwrap_or_default());
        let unit = || UnitCode::parse(self.claim(Claim::Unit)?);
        let mut actor = match self.claim(Claim::Role).and_then(Account::parse) {
            Some(Account::Subject) => Actor::subject(),
            Some(Account::Unit) => unit().map_or_else(Actor::anyone, Actor::unit),
            Some(Account::Operator) => Actor::platform(name(Claim::Id)),
            Some(Account::ThirdParty) => Actor::third_party(name(Claim::Name)),
            None => Actor::anyone(),
        };
        actor.address = key.mark(address(self, key));
        actor.request = idempotency_key::claim(self);
        actor
    }
}

fn expect(request: &HttpRequest, account: Account) -> Result<(), Problem> {
    match request.claim(Claim::Role) {
        Some(role) if role == account.code() => Ok(()),
        Some(_) => Err(ROLE_NOT_ALLOWED.into()),
        None => Err(TOKEN_MISSING.into()),
    }
}

fn claim(request: &HttpRequest, claim: Claim) -> Result<&str, Problem> {
    request.claim(claim).filter(|value| !value.is_empty()).ok_or_else(unreadable)
}

/// What somebody is called, without an identity number in it: it is kept and shown.
fn masked(name: &str) -> String {
    mask_within(name).unwrap_or_else(|| name.to_owned())
}

fn unreadable() -> Problem {
    TOKEN_CLAIMS_UNREADABLE.into()
}

impl TryFrom<&HttpRequest> for Subject {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        expect(request, Account::Subject)?;
        Ok(Self {
            id: SubjectId::parse(claim(request, Claim::Subject)?).ok_or_else(unreadable)?,
            name: request.claim(Claim::Name).map(masked),
            masked_id_number: request.claim(Claim::MaskedIdNumber).map(str::to_owned),
        })
    }
}

impl TryFrom<&HttpRequest> for Unit {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        expect(request, Account::Unit)?;
        Ok(Self { code: UnitCode::parse(claim(request, Claim::Unit)?).ok_or_else(unreadable)? })
    }
}

impl TryFrom<&HttpRequest> for Operator {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        expect(request, Account::Operator)?;
        Ok(Self { id: masked(claim(request, Claim::Id)?) })
    }
}

impl ThirdParty {
    /// As a recipient of notices: the organisation that the identity provider vouches for, whichever of its accounts asks; else
    /// the account.
    pub fn recipient(&self) -> Recipient {
        Recipient::third_party(&self.id, self.organisation.as_ref())
    }
}

impl TryFrom<&HttpRequest> for ThirdParty {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        expect(request, Account::ThirdParty)?;
        Ok(Self {
            id: masked(claim(request, Claim::Id)?),
            name: masked(claim(request, Claim::Name)?),
            organisation: request.claim(Claim::Organisation).and_then(|code| Uscc::parse(code).ok()),
        })
    }
}

/// Someone of the authorities: a unit for itself and its offices, the platform for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Official {
    /// A source unit or county office.
    Unit(UnitCode),
    /// The platform's staff.
    Platform,
}

impl Official {
    /// True when it may look at what `owner` sent.
    pub fn may_read(self, owner: UnitCode) -> bool {
        match self {
            Self::Unit(unit) => unit.may_change(owner),
            Self::Platform => true,
        }
    }

    /// The unit that it asks about: the named one, or itself; `None` for the platform when it names none.
    ///
    /// # Errors
    ///
    /// When it may not look at the named one.
    pub fn unit_or_all(self, named: Option<UnitCode>) -> Result<Option<UnitCode>, Problem> {
        match (self, named) {
            (_, Some(named)) if self.may_read(named) => Ok(Some(named)),
            (_, Some(_)) => Err(UNIT_NOT_YOURS.into()),
            (Self::Unit(unit), None) => Ok(Some(unit)),
            (Self::Platform, None) => Ok(None),
        }
    }

    /// The unit that it asks about; the platform has to name one.
    ///
    /// # Errors
    ///
    /// When it names none, or one that it may not look at.
    pub fn unit(self, named: Option<UnitCode>) -> Result<UnitCode, Problem> {
        Ok(self.unit_or_all(named)?.ok_or(UNIT_MISSING)?)
    }
}

impl Official {
    /// Notes that it looked at what is a unit's; nothing when that is its own, or when it looked at all.
    ///
    /// # Errors
    ///
    /// When the audit cannot be written: then nothing is shown.
    pub async fn note_unit_read(
        self,
        registry: &Registry,
        unit: UnitCode,
        (actor, at): (&Actor, Timestamp),
        action: Action,
        object: &str,
    ) -> Result<(), Problem> {
        if self == Self::Unit(unit) {
            return Ok(());
        }
        Ok(registry.note_unit(unit, actor, at, action, object).await?)
    }

    /// Notes in its own audit that it looked at a list of what is others'. One PutItem.
    ///
    /// # Errors
    ///
    /// When the audit cannot be written: then nothing is shown.
    pub async fn note_read(
        self,
        registry: &Registry,
        (actor, at): (&Actor, Timestamp),
        action: Action,
        object: &str,
    ) -> Result<(), Problem> {
        match self {
            Self::Unit(unit) => registry.note_unit(unit, actor, at, action, object).await?,
            Self::Platform => registry.note_platform(actor, at, action, object).await?,
        }
        Ok(())
    }
}

impl TryFrom<&HttpRequest> for Official {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        match Operator::try_from(request) {
            Ok(_) => Ok(Self::Platform),
            Err(_) => Unit::try_from(request).map(|unit| Self::Unit(unit.code)),
        }
    }
}

/// Who may have to do with a subject's affairs: the subject, a unit, the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// The subject itself.
    Subject(Subject),
    /// A source unit or county office.
    Unit(UnitCode),
    /// The platform's staff.
    Platform,
}

impl TryFrom<&HttpRequest> for Party {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        if let Ok(subject) = Subject::try_from(request) {
            return Ok(Self::Subject(subject));
        }
        Official::try_from(request).map(|official| match official {
            Official::Unit(unit) => Self::Unit(unit),
            Official::Platform => Self::Platform,
        })
    }
}
