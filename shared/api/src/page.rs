//! Lists, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parameter::{Parameter, parameters};
use crate::problem::{CURSOR_UNREADABLE, Fault};

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page goes on; null on the last.
    #[serde(default)]
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of what `to` makes of each.
    pub fn map<U>(self, to: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(to).collect(), next: self.next }
    }

    /// The same, when none of it fails.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn try_map<U, E>(self, to: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page { items: self.items.into_iter().map(to).collect::<Result<_, E>>()?, next: self.next })
    }
}

/// Where a list goes on: letters, digits, `-` and `_`. It is bound to its list, and with it to whom the list is of: another
/// list refuses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cursor(String);

/// The longest cursor.
const LONGEST: usize = 2048;

impl Cursor {
    /// A cursor as it was given out; `None` when it cannot be one. Whether it is this list's is seen when it is used.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() <= LONGEST && !text.is_empty();
        (valid && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
            .then(|| Self(text.to_owned()))
    }

    /// As it is given out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A cursor of these bytes: base64url without padding (RFC 4648, 5).
impl From<&[u8]> for Cursor {
    fn from(bytes: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl Parameter for Cursor {
    const UNREADABLE: Fault = CURSOR_UNREADABLE;

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn write(&self) -> String {
        self.0.clone()
    }
}

parameters! {
    /// Where a list goes on.
    pub struct ListQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
    }

    /// Where a list goes on, and whose it is.
    pub struct UnitListQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// Whose; the platform has to say.
        pub unit: Option<xinzheng_domain::UnitCode>,
    }

    /// Whose something is.
    pub struct UnitQuery {
        /// Whose; the platform has to say.
        pub unit: Option<xinzheng_domain::UnitCode>,
    }
}
