//! What an item of a record holds beside each other: its content, and what happened to it. Each has its own position, and
//! later ones replace earlier ones of the same lane alone.

use xinzheng_domain::SourcePosition;
use xinzheng_domain::record::{Mark, MarkKind};

use crate::table::{BODY, Condition, Item, is, lacks, text};

/// The attributes of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// What it says, as JSON.
    pub(crate) body: &'static str,
    /// Where that stood.
    pub(crate) revision: &'static str,
}

impl Lane {
    /// The record itself.
    pub(crate) const CONTENT: Self = Self { body: BODY, revision: "revision" };
    /// 信用修复.
    pub(crate) const REPAIR: Self = Self { body: "repair", revision: "repair_revision" };
    /// 撤销.
    pub(crate) const WITHDRAWAL: Self = Self { body: "withdrawal", revision: "withdrawal_revision" };
    /// 移出.
    pub(crate) const REMOVAL: Self = Self { body: "removal", revision: "removal_revision" };

    /// Those of marks.
    pub(crate) const MARKS: [Self; 3] = [Self::REPAIR, Self::WITHDRAWAL, Self::REMOVAL];

    /// The lane of a mark.
    pub(crate) const fn of(mark: &Mark<'_>) -> Self {
        Self::of_kind(mark.kind())
    }

    /// The lane of a kind of mark.
    pub(crate) const fn of_kind(kind: MarkKind) -> Self {
        match kind {
            MarkKind::Repair => Self::REPAIR,
            MarkKind::Withdrawal => Self::WITHDRAWAL,
            MarkKind::Removal => Self::REMOVAL,
        }
    }

    /// Where what an item has in the lane stood; `None` when it has nothing in it.
    pub(crate) fn position(self, item: &Item) -> Option<SourcePosition> {
        item.text(self.revision).map(|text| SourcePosition::stored(text.to_owned()))
    }

    /// That the lane still has what `item` has in it.
    pub(crate) fn unchanged(self, item: &Item) -> Condition {
        match item.text(self.revision) {
            None => lacks(self.revision),
            Some(revision) => is(self.revision, text(revision)),
        }
    }
}
