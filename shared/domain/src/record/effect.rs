//! What an accepted row came to in the registry: told to the clerk row by row.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::entry::ROWS_OF_A_SHEET;
use crate::{UnitCode, Uscc};

/// What an accepted row came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Effect {
    /// 新增: there was none of it.
    New,
    /// 变更: it replaced what was sent before.
    Changed {
        /// The headers of the columns that differ.
        columns: Vec<String>,
    },
    /// 未变: it says what was there already.
    Unchanged,
    /// 已有更晚的内容: what was stored later says something else, and counts.
    Superseded,
    /// 等待其记录: a repair, withdrawal or removal of a record that has not come.
    Waiting {
        /// Document numbers of the subject's records that may be meant.
        meant: Vec<String>,
    },
    /// 与其他单位冲突: the record is another office's, and stays as it is.
    Conflict {
        /// Whose it is.
        owner: UnitCode,
    },
    /// 与已作出的决定不符: an objection or an application for repair was decided otherwise; that stays.
    Contradicts {
        /// The case.
        decision: String,
        /// The headers of the columns that were decided; none when the record as a whole was.
        columns: Vec<String>,
    },
    /// 早于决定日期: a repair, withdrawal or removal that is dated before the record's decision does not count.
    BeforeDecision {
        /// The day of the decision.
        decided: Date,
    },
    /// 没有可取消的事项: the record has no repair, withdrawal or removal of its own row that could be taken back.
    NothingCancelled,
    /// 同一文件另有一行: another part of the same file has a row about the same record that says something else. The later
    /// row counts.
    TwiceInFile {
        /// The other row.
        row: u64,
    },
}

/// What an accepted row can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// There was none of it.
    New,
    /// It replaced what was sent before.
    Changed,
    /// It says what was there already.
    Unchanged,
    /// What was stored later says something else, and counts.
    Superseded,
    /// A repair, withdrawal or removal of a record that has not come.
    Waiting,
    /// The record is another office's.
    Conflict,
    /// A case was decided otherwise.
    Contradicts,
    /// It is dated before the record's decision.
    BeforeDecision,
    /// There is nothing that it could take back.
    NothingCancelled,
    /// Another part of the same file has a row about the same record.
    TwiceInFile,
}

impl EffectKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::Changed,
        Self::Unchanged,
        Self::Superseded,
        Self::Waiting,
        Self::Conflict,
        Self::Contradicts,
        Self::BeforeDecision,
        Self::NothingCancelled,
        Self::TwiceInFile,
    ];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Waiting => "waiting",
            Self::Conflict => "conflict",
            Self::Contradicts => "contradicts",
            Self::BeforeDecision => "before-decision",
            Self::NothingCancelled => "nothing-cancelled",
            Self::TwiceInFile => "twice-in-file",
        }
    }

    /// The same for people, in a word.
    pub const fn title(self) -> &'static str {
        match self {
            Self::New => "新增",
            Self::Changed => "变更",
            Self::Unchanged => "未变",
            Self::Superseded => "已有更晚的内容",
            Self::Waiting => "等待其记录",
            Self::Conflict => "属其他单位",
            Self::Contradicts => "与决定不符",
            Self::BeforeDecision => "早于原决定",
            Self::NothingCancelled => "没有可取消的事项",
            Self::TwiceInFile => "同一文件另有一行",
        }
    }

    /// True when a row that came to it is not in force, or not yet.
    pub const fn is_without_force(self) -> bool {
        match self {
            Self::New | Self::Changed | Self::Unchanged | Self::TwiceInFile => false,
            Self::Superseded
            | Self::Waiting
            | Self::Conflict
            | Self::Contradicts
            | Self::BeforeDecision
            | Self::NothingCancelled => true,
        }
    }
}

impl Effect {
    /// What it is.
    pub const fn kind(&self) -> EffectKind {
        match self {
            Self::New => EffectKind::New,
            Self::Changed { .. } => EffectKind::Changed,
            Self::Unchanged => EffectKind::Unchanged,
            Self::Superseded => EffectKind::Superseded,
            Self::Waiting { .. } => EffectKind::Waiting,
            Self::Conflict { .. } => EffectKind::Conflict,
            Self::Contradicts { .. } => EffectKind::Contradicts,
            Self::BeforeDecision { .. } => EffectKind::BeforeDecision,
            Self::NothingCancelled => EffectKind::NothingCancelled,
            Self::TwiceInFile { .. } => EffectKind::TwiceInFile,
        }
    }

    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// The same for people, in a word.
    pub const fn title(&self) -> &'static str {
        self.kind().title()
    }

    /// True when it changed the column of this header.
    pub fn changes(&self, header: &str) -> bool {
        matches!(self, Self::Changed { columns } if columns.iter().any(|column| column == header))
    }

    /// True when the row is not in force, or not yet.
    pub const fn is_without_force(&self) -> bool {
        self.kind().is_without_force()
    }

    /// What happened, and why.
    pub fn reason(&self) -> String {
        match self {
            Self::New => "新增".to_owned(),
            Self::Changed { columns } if columns.is_empty() => "变更".to_owned(),
            Self::Changed { columns } => format!("变更：{}", columns.join("、")),
            Self::Unchanged => "与已有内容相同".to_owned(),
            Self::Superseded => "已有更晚报送的内容，以其为准".to_owned(),
            Self::Waiting { meant } if meant.is_empty() => "没有与该文号相符的记录，等待该记录报送".to_owned(),
            Self::Waiting { meant } => {
                format!("没有与该文号相符的记录，等待该记录报送；该主体有相近的文号：{}", meant.join("、"))
            }
            Self::Conflict { owner } => format!("该记录由{}报送，不能由贵单位更改", owner.name()),
            Self::Contradicts { decision, columns } if columns.is_empty() => {
                format!("与已生效的决定（{decision}）不符，该决定继续有效")
            }
            Self::Contradicts { decision, columns } => {
                format!("{}与已生效的决定（{decision}）不符，该决定继续有效", columns.join("、"))
            }
            Self::BeforeDecision { decided } => format!("日期早于原决定的日期（{decided}），未采用"),
            Self::NothingCancelled => "该记录没有这项修复、撤销或移出，没有可以取消的".to_owned(),
            Self::TwiceInFile { row } => format!("与同一文件第{row}行是同一记录，内容却不同；以靠后的一行为准"),
        }
    }

    /// What the clerk can do; empty when nothing is to be done.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::New | Self::Changed { .. } | Self::Unchanged => "",
            Self::Superseded => "如应以本文件为准，请重新上传该行",
            Self::Waiting { .. } => "请核对文号、主体代码、记录类别和名单；原记录未报送的，请先报送",
            Self::Conflict { .. } => "请与该单位核对；确属贵单位的，请由市级主管部门更正",
            Self::Contradicts { .. } => "请按该决定改正本单位的数据；对决定有不同意见的，请与平台联系",
            Self::BeforeDecision { .. } => "请核对日期，改正后重新报送该行",
            Self::NothingCancelled => {
                "请核对取消事项；移出日期填在列入名单的行中的，请改正该行后重新报送；修复等尚未报送的，应先报送"
            }
            Self::TwiceInFile { .. } => "请核对这两行，只保留一行后重新报送",
        }
    }
}

/// What a row came to, for the list that its clerk sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowEffect {
    /// The row, as chunk lines count it.
    pub row: u64,
    /// Its document number; the code of a subject of the register.
    pub document: String,
    /// What it came to.
    #[serde(flatten)]
    pub effect: Effect,
    /// What is doubtful in the row although it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
}

/// What is doubtful about whom a row is. Counted beside the effects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum Doubt {
    /// 名称与登记的不同: the register knows the subject by another name.
    NameDiffers {
        /// That name.
        registered: String,
    },
    /// 名称属另一主体: the register has this name for another code. The number or the name is wrong.
    NameOfAnother {
        /// The code that the register has for the name.
        other: Uscc,
    },
    /// 两个登记机关均报送: another unit's register has this code too.
    TwoRegisters {
        /// That unit.
        other: UnitCode,
    },
}

/// What can be doubtful about whom a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DoubtKind {
    /// The register knows the subject by another name.
    NameDiffers,
    /// The register has this name for another code.
    NameOfAnother,
    /// Another unit's register has this code too.
    TwoRegisters,
}

impl DoubtKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::NameDiffers, Self::NameOfAnother, Self::TwoRegisters];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NameDiffers => "name-differs",
            Self::NameOfAnother => "name-of-another",
            Self::TwoRegisters => "two-registers",
        }
    }
}

impl Doubt {
    /// What it is.
    pub const fn kind(&self) -> DoubtKind {
        match self {
            Self::NameDiffers { .. } => DoubtKind::NameDiffers,
            Self::NameOfAnother { .. } => DoubtKind::NameOfAnother,
            Self::TwoRegisters { .. } => DoubtKind::TwoRegisters,
        }
    }

    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// The same for people.
    pub fn reason(&self) -> String {
        match self {
            Self::NameDiffers { registered } => format!("主体名称与登记的名称（{registered}）不同"),
            Self::NameOfAnother { other } => format!("主体名称是另一主体（{other}）的登记名称，主体代码或名称可能有误"),
            Self::TwoRegisters { other } => {
                format!("{}也报送了该代码的登记信息，以报送较晚的为准", other.name())
            }
        }
    }

    /// What the clerk can do.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NameDiffers { .. } => "请核对主体代码；曾用名、分支机构的名称可以不改",
            Self::NameOfAnother { .. } => "请核对主体代码和名称，改正后重新报送该行；代码有误的，请同时申请撤销原记录",
            Self::TwoRegisters { .. } => "请与该单位核对该主体由谁登记，由不登记的一方停止报送",
        }
    }
}

impl RowEffect {
    /// True when the clerk is to see the row, not only its count.
    pub const fn is_listed(&self) -> bool {
        self.doubt.is_some() || !matches!(self.effect, Effect::New | Effect::Unchanged)
    }

    /// What there is to say of the row.
    pub fn reason(&self) -> String {
        match &self.doubt {
            None => self.effect.reason(),
            Some(doubt) => format!("{}；{}", self.effect.reason(), doubt.reason()),
        }
    }

    /// What the clerk can do.
    pub fn hint(&self) -> &'static str {
        match (self.effect.hint(), &self.doubt) {
            ("", Some(doubt)) => doubt.hint(),
            (hint, _) => hint,
        }
    }
}

/// What rows are counted by: what they came to, and what is doubtful in them. In the order of the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCount {
    /// What they came to.
    Effect(EffectKind),
    /// What is doubtful in them.
    Doubt(DoubtKind),
}

impl RowCount {
    /// All that rows are counted by.
    pub fn all() -> impl Iterator<Item = Self> {
        EffectKind::ALL.into_iter().map(Self::Effect).chain(DoubtKind::ALL.into_iter().map(Self::Doubt))
    }

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Effect(kind) => kind.code(),
            Self::Doubt(kind) => kind.code(),
        }
    }

    /// What has this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|count| count.code() == code)
    }
}

impl Ord for RowCount {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for RowCount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for RowCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for RowCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no count of rows"))
    }
}

/// How many rows came to what; what none came to is left out.
pub type EffectCounts = BTreeMap<RowCount, u64>;

/// Counts rows.
pub fn count(effects: &[RowEffect]) -> EffectCounts {
    let mut counts = EffectCounts::new();
    for effect in effects {
        *counts.entry(RowCount::Effect(effect.effect.kind())).or_default() += 1;
        if let Some(doubt) = &effect.doubt {
            *counts.entry(RowCount::Doubt(doubt.kind())).or_default() += 1;
        }
    }
    counts
}

/// The name of the worksheet beside returned rows that tells what the others came to.
pub const EFFECTS_SHEET: &str = "其他行的处理结果";
/// The columns of that worksheet, and of the file with all such rows.
pub const EFFECTS_HEADER: [&str; 6] = ["工作表", "行", "文号", "结果", "说明", "建议"];

/// The most rows that a receipt names, those without force first; the file has all.
pub const TOLD: usize = 200;

/// What the accepted rows of an upload came to, as its receipt tells it once all of them are in the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptEffects {
    /// How many rows came to what, by code.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub counts: EffectCounts,
    /// Those that the clerk is to see, those without force first; at most [`TOLD`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ReceiptEffect>,
    /// How many there are to see.
    #[serde(default)]
    pub listed: u64,
    /// The key of the file with all of them; left out when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// A row that the clerk is to see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptEffect {
    /// The row in its worksheet or file.
    pub row: u64,
    /// The worksheet, when there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The document number; the code of a subject of the register.
    pub document: String,
    /// What it came to: a code.
    pub effect: String,
    /// The same in a word.
    pub title: String,
    /// The same for people, and why.
    pub reason: String,
    /// What to do; empty when nothing is to be done.
    pub hint: String,
}

impl ReceiptEffect {
    /// The row as [`EFFECTS_HEADER`] has it.
    pub fn cells(&self) -> [String; 6] {
        [
            self.sheet.clone().unwrap_or_default(),
            self.row.to_string(),
            self.document.clone(),
            self.title.clone(),
            self.reason.clone(),
            self.hint.clone(),
        ]
    }

    /// A row as the clerk sees it; `sheets` are the worksheets that were read, in their order.
    pub fn of(effect: &RowEffect, sheets: &[String]) -> Self {
        let ordinal = usize::try_from(effect.row / ROWS_OF_A_SHEET).unwrap_or(usize::MAX);
        Self {
            row: effect.row % ROWS_OF_A_SHEET,
            sheet: sheets.get(ordinal).filter(|_| sheets.len() > 1).cloned(),
            document: effect.document.clone(),
            effect: effect.effect.code().to_owned(),
            title: effect.effect.title().to_owned(),
            reason: effect.reason(),
            hint: effect.hint().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_where_they_stand() {
        let effect = RowEffect {
            row: ROWS_OF_A_SHEET + 7,
            document: "甲〔2025〕1号".to_owned(),
            effect: Effect::Waiting { meant: vec!["甲〔2025〕2号".to_owned()] },
            doubt: None,
        };
        let sheets = ["一".to_owned(), "二".to_owned()];
        let told = ReceiptEffect::of(&effect, &sheets);
        assert_eq!((told.row, told.sheet.as_deref(), told.effect.as_str()), (7, Some("二"), "waiting"));
        assert!(told.reason.contains("甲〔2025〕2号") && !told.hint.is_empty());
        let json = serde_json::to_string(&effect).unwrap();
        assert_eq!(serde_json::from_str::<RowEffect>(&json).unwrap(), effect);
    }

    #[test]
    fn rows_are_counted_by_what_they_came_to() {
        let effect = |effect, doubt| RowEffect { row: 1, document: String::new(), effect, doubt };
        let differs = Doubt::NameDiffers { registered: "甲".to_owned() };
        let effects = [effect(Effect::New, None), effect(Effect::New, Some(differs)), effect(Effect::Superseded, None)];
        let counts = count(&effects);
        let expected = [("name-differs", 1), ("new", 2), ("superseded", 1)];
        assert_eq!(counts, expected.map(|(code, rows)| (RowCount::parse(code).unwrap(), rows)).into());
        let json = r#"{"name-differs":1,"new":2,"superseded":1}"#;
        assert_eq!(serde_json::to_string(&counts).unwrap(), json);
        assert_eq!(serde_json::from_str::<EffectCounts>(json).unwrap(), counts);
        assert_eq!(effects.each_ref().map(RowEffect::is_listed), [false, true, true]);
    }
}
