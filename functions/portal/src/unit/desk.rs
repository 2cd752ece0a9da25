//! Whose desk a page lies on: the unit's own, where things are done, or the platform's, where they are looked at.

use maud::{Markup, html};
use xinzheng_api::problem::UNIT_UNKNOWN;
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::LookReason;
use xinzheng_runtime::Problem;

use crate::{PageRequest, no_page};

/// Where the pages about a unit are, and whose they are.
pub(crate) struct Desk {
    base: String,
    of: Option<UnitCode>,
}

impl Desk {
    /// The unit's own.
    pub(crate) fn own() -> Self {
        Self { base: "/portal/unit".to_owned(), of: None }
    }

    /// The platform's, about this unit.
    ///
    /// # Errors
    ///
    /// When there is no such unit.
    pub(crate) fn about(unit: &str) -> Result<Self, Problem> {
        let unit = UnitCode::parse(unit).ok_or(UNIT_UNKNOWN)?;
        Ok(Self { base: address_of(unit), of: Some(unit) })
    }

    /// The unit that lists are asked for: the platform has to say.
    pub(crate) const fn unit(&self) -> Option<UnitCode> {
        self.of
    }

    /// What the platform looks for here: what the page before said, else that it supervises units; none on the unit's own desk.
    ///
    /// # Errors
    ///
    /// When the address names a reason that there is not.
    pub(crate) fn reason(&self, asked: &PageRequest<'_>) -> Result<Option<LookReason>, Problem> {
        if self.acts() {
            return Ok(None);
        }
        Ok(Some(asked.query.parameter("reason")?.unwrap_or(LookReason::Supervision)))
    }

    /// That the subject reads of the look.
    pub(crate) fn told(&self, reason: Option<LookReason>) -> Markup {
        html! { @if let Some(reason) = reason { p.hint { "查看的事由：" (reason.title()) "。已记入该主体的查询日志。" } } }
    }

    /// True where things are done, not looked at alone.
    pub(crate) const fn acts(&self) -> bool {
        self.of.is_none()
    }

    /// That something is of the unit that the page's address names, or of one of its offices.
    ///
    /// # Errors
    ///
    /// When it is another's: there is no such page under this unit.
    pub(crate) fn has(&self, owner: Option<UnitCode>) -> Result<(), Problem> {
        match (self.of, owner) {
            (None, _) => Ok(()),
            (Some(of), Some(owner)) if of == owner || of == owner.responsible() => Ok(()),
            _ => Err(no_page()),
        }
    }

    /// The address of a page.
    pub(crate) fn address(&self, rest: &str) -> String {
        if rest.is_empty() { self.base.clone() } else { format!("{}/{rest}", self.base) }
    }

    /// The tab that is marked.
    pub(crate) const fn tab(&self, own: &'static str) -> &'static str {
        if self.acts() { own } else { "/portal/platform/units" }
    }

    /// The heading of a page: on the platform's desk with the unit that it is about.
    pub(crate) fn heading(&self, text: &str) -> Markup {
        html! { h1 { (text) @if let Some(unit) = self.of { "：" (unit.name()) } } }
    }

    /// The way back to the unit's first page: the platform's page of it, and `own` on the unit's own desk.
    pub(crate) fn back_to_unit(&self, own: &str) -> Markup {
        match self.of {
            Some(unit) => self.back("", &unit.name()),
            None => self.back("", own),
        }
    }

    /// The way back: to a page of the unit's own, and for the platform to the unit.
    pub(crate) fn back(&self, rest: &str, text: &str) -> Markup {
        html! {
            p {
                a href=(self.address(rest)) { "返回" (text) }
                @if let Some(unit) = self.of.filter(|_| !rest.is_empty()) { " · " a href=(self.base) { "返回" (unit.name()) } }
            }
        }
    }
}

/// Where the platform's page of a unit is.
pub(crate) fn address_of(unit: UnitCode) -> String {
    format!("/portal/platform/units/{unit}")
}
