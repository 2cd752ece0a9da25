//! Several entries of a code list in one cell (处罚类别: 警告、罚款), held without an allocation.

/// The most entries that a list of the standard may have for cells with several.
const MOST: usize = 15;

/// Entries of one code list in the order written, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Codes {
    list: &'static [String],
    places: [u8; MOST],
    count: u8,
}

impl Codes {
    /// No entry of `list` yet.
    pub(crate) const fn of(list: &'static [String]) -> Self {
        Self { list, places: [0; MOST], count: 0 }
    }

    /// Puts an entry of the list behind the others; false when it is there already.
    pub(crate) fn add(&mut self, code: &str) -> bool {
        let place = self.list.iter().position(|known| known == code).and_then(|place| u8::try_from(place).ok());
        let (Some(place), count) = (place, usize::from(self.count)) else { return false };
        if self.places.iter().take(count).any(|&known| known == place) {
            return false;
        }
        let Some(free) = self.places.get_mut(count) else { return false };
        *free = place;
        self.count += 1;
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> + use<> {
        let (list, places) = (self.list, self.places.into_iter().take(usize::from(self.count)));
        places.filter_map(move |place| list.get(usize::from(place)).map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use xinzheng_domain::TableId;
    use xinzheng_domain::record::table::{SharingStandard, ValueType};

    use super::*;

    #[test]
    fn every_list_has_room() {
        let standard = SharingStandard::get();
        for column in TableId::ALL.into_iter().flat_map(|table| &table.standard().columns) {
            if let (ValueType::Codes, Some(list)) = (column.value, &column.codes) {
                assert!(standard.codes(list).len() <= MOST, "{list}");
            }
        }
    }

    #[test]
    fn entries_stand_once_and_in_their_order() {
        let list = SharingStandard::get().codes("penalty-category");
        let mut codes = Codes::of(list);
        let added: Vec<bool> = ["罚款", "警告", "罚款"].iter().map(|code| codes.add(code)).collect();
        assert_eq!(added, [true, true, false]);
        assert_eq!(codes.iter().collect::<Vec<_>>(), ["罚款", "警告"]);
    }
}
