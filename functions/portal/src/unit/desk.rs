//! Whose desk a page lies on: the unit's own, where things are done, or the platform's, where they are looked at.

use maud::{Markup, html};
use xinzheng_api::problem::UNIT_UNKNOWN;
use xinzheng_domain::UnitCode;
use xinzheng_runtime::Problem;

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

    /// True where things are done, not looked at alone.
    pub(crate) const fn acts(&self) -> bool {
        self.of.is_none()
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
