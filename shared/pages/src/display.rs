//! How large and how plain pages are shown: a choice of whoever looks, kept in a cookie (GB/T 37668-2019).

use xinzheng_runtime::HttpRequest;

/// How pages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    /// As most people use them.
    #[default]
    Standard,
    /// 大字版: larger type and buttons, one column, the main things alone.
    Large,
}

impl Display {
    /// The cookie that keeps the choice; it says nothing of the person.
    pub const COOKIE: &'static str = "display";

    /// As the request's cookie has it.
    pub fn of(request: &HttpRequest) -> Self {
        request.cookie(Self::COOKIE).map_or(Self::Standard, Self::read)
    }

    /// By its word; any other is the standard.
    pub fn read(word: &str) -> Self {
        if word == Self::Large.word() { Self::Large } else { Self::Standard }
    }

    /// Its word, as the cookie and the switch's address have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }

    /// What the switch leads to.
    pub const fn other(self) -> Self {
        match self {
            Self::Standard => Self::Large,
            Self::Large => Self::Standard,
        }
    }

    /// What it is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Standard => "标准版",
            Self::Large => "大字版",
        }
    }
}
