//! The normalisations that are made openly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A change that intake makes to a cell without asking, because it cannot change the meaning. The receipt counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Normalisation {
    /// Spaces at the ends cut off, or inside a code left out.
    Spaces,
    /// Zero-width or control characters left out.
    Invisible,
    /// Full-width digits and letters of a code made half-width.
    FullWidth,
    /// Lower-case letters of a code made upper-case.
    UpperCase,
    /// A date in another form than 2025-07-01.
    DateForm,
    /// A time behind a date left out.
    TimeOfDay,
    /// A spreadsheet's serial number read as a date.
    SerialDate,
    /// 元 turned into 万元, or a unit behind the number left out.
    AmountUnit,
    /// Thousands separators left out.
    Thousands,
    /// Another wording of a code or domain turned into the standard's; a word for nothing (无, NULL) taken as nothing.
    Wording,
    /// A line break inside a name left out, between letters turned into a space.
    LineBreak,
    /// A private-use character, Kangxi radical or compatibility ideograph turned into the character that it stands for.
    Character,
    /// What tells a spreadsheet that a value is text (`="…"`, an apostrophe in front) left out.
    TextMark,
    /// The middle of an identity number hidden that stood in a text.
    IdentityNumber,
    /// A time in another time zone turned into the date in China.
    TimeZone,
    /// A value that the file has no column for, told from others.
    #[serde(rename = "told")]
    Inferred,
}

impl Normalisation {
    /// What was done, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Spaces => "去除空格",
            Self::Invisible => "去除不可见字符",
            Self::FullWidth => "全角转半角",
            Self::UpperCase => "小写转大写",
            Self::DateForm => "统一日期格式",
            Self::TimeOfDay => "去除日期后的时间",
            Self::SerialDate => "电子表格日期序号转日期",
            Self::AmountUnit => "金额单位换算为万元",
            Self::Thousands => "去除千位分隔符",
            Self::Wording => "统一为标准用语",
            Self::LineBreak => "去除名称中的换行",
            Self::Character => "兼容字、造字转为标准汉字",
            Self::TextMark => "去除表示文本的符号（=\"…\"、'）",
            Self::IdentityNumber => "隐去居民身份证号码",
            Self::TimeZone => "换算为北京时间的日期",
            Self::Inferred => "由证件号码推定（文件没有该列）",
        }
    }
}
