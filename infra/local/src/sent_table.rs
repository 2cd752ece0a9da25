//! Which table a file holds, by what it is called and where it lies.

use std::path::Path;

use xinzheng_domain::{TableId, UnitCode};

/// The table that the innermost folder with a table's code names (`penalty`), else the one whose title stands in the file's name
/// (`行政处罚`): the longest when one title is a part of another. `None` when neither says it, or two titles stand there.
pub(crate) fn table_of(path: &Path) -> Option<TableId> {
    let folders = path.parent().into_iter().flat_map(Path::ancestors);
    let by_folder = folders.filter_map(|folder| TableId::parse(folder.file_name()?.to_str()?)).next();
    by_folder.or_else(|| by_name(path.file_stem()?.to_str()?))
}

fn by_name(stem: &str) -> Option<TableId> {
    if let Some(table) = TableId::parse(stem) {
        return Some(table);
    }
    let named: Vec<TableId> = TableId::ALL.into_iter().filter(|table| stem.contains(title(*table))).collect();
    let longest = named.iter().copied().max_by_key(|table| title(*table).len())?;
    named.iter().all(|table| title(longest).contains(title(*table))).then_some(longest)
}

fn title(table: TableId) -> &'static str {
    &table.standard().title
}

/// The unit that the innermost folder with a unit's code names.
pub(crate) fn unit_of(path: &Path) -> Option<UnitCode> {
    let folders = path.parent().into_iter().flat_map(Path::ancestors);
    folders.filter_map(|folder| UnitCode::parse(folder.file_name()?.to_str()?)).next()
}

/// Reads the code of a table, as an argument.
pub(crate) fn table(code: &str) -> Result<TableId, String> {
    TableId::parse(code).ok_or_else(|| {
        let codes: Vec<&str> = TableId::ALL.iter().map(|table| table.code()).collect();
        format!("one of {}", codes.join(", "))
    })
}

/// Reads the code of a unit or county office, as an argument.
pub(crate) fn unit(code: &str) -> Result<UnitCode, String> {
    UnitCode::parse(code).ok_or_else(|| "no unit has this code; they are like market-supervision".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_say_it_before_names() {
        for (path, table) in [
            ("penalty/2025-07-01/七月.csv", Some(TableId::Penalty)),
            ("penalty/信用修复/七月.csv", Some(TableId::Penalty)),
            ("penalty/coercion/七月.csv", Some(TableId::Coercion)),
            ("七月/行政处罚（七月）.xlsx", Some(TableId::Penalty)),
            ("取消修复、撤销和移出.csv", Some(TableId::Cancellation)),
            ("judgment.csv", Some(TableId::Judgment)),
            ("行政处罚和行政强制.csv", None),
            ("七月.csv", None),
        ] {
            assert_eq!(table_of(Path::new(path)), table, "{path}");
        }
        let unit = unit_of(Path::new("events/uploads/tax/coercion/2025-07-15/强制.xlsx"));
        assert_eq!(unit, UnitCode::parse("tax"));
    }
}
