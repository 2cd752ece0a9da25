//! Which glyphs a report uses. Every report of a template shares most of its wording: these glyphs are cut and compressed
//! once a process; only the report's other characters are cut for it alone.

use std::collections::{BTreeSet, HashMap};

use crate::fonts::{Font, Fonts, PLACEHOLDER};

/// A font of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The template's glyphs.
    Shared,
    /// The report's other glyphs.
    Own,
    /// Ideographs that the first font lacks.
    Rest,
}

impl Slot {
    /// The font's name in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shared => "F1",
            Self::Own => "F2",
            Self::Rest => "F3",
        }
    }
}

/// A character's place: a font of the file, the glyph's number in it, and its advance in thousandths of an em.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) slot: Slot,
    pub(crate) glyph: u16,
    pub(crate) advance: u16,
}

/// Code points that a table covers: to the end of the ideographs.
const CODE_POINTS: usize = 0x32400;
/// Marks an entry of a table as one of the other font.
const OF_REST: u32 = 1 << 31;

/// Places by code point: the glyph's number in the lower half, its advance in the upper; 0 where there is none yet.
type Table = Vec<u32>;

fn entry(glyph: u16, advance: u16) -> u32 {
    u32::from(advance) << 16 | u32::from(glyph)
}

/// The places of the template's characters.
pub(crate) struct Shared {
    table: Table,
}

/// The glyphs of a report as it is being set.
pub(crate) struct Glyphs<'f> {
    fonts: &'f Fonts,
    shared: Option<&'f Shared>,
    table: Table,
    /// Characters in the order of their numbers from 1.
    own: Vec<char>,
    rest: Vec<char>,
    placed_rest: HashMap<char, u16>,
    missing: BTreeSet<char>,
}

impl<'f> Glyphs<'f> {
    pub(crate) fn new(fonts: &'f Fonts, shared: Option<&'f Shared>) -> Self {
        Self {
            fonts,
            shared,
            table: vec![0; CODE_POINTS],
            own: vec![],
            rest: vec![],
            placed_rest: HashMap::new(),
            missing: BTreeSet::new(),
        }
    }

    /// The place of a character. Control characters are set as spaces. One that no font has is set as [`PLACEHOLDER`] and
    /// noted.
    pub(crate) fn place(&mut self, character: char) -> Placed {
        let code = character as usize;
        if let Some(&found) = self.shared.and_then(|shared| shared.table.get(code)).filter(|found| **found != 0) {
            return Placed { slot: Slot::Shared, glyph: found as u16, advance: (found >> 16) as u16 };
        }
        match self.table.get(code) {
            Some(&found) if found & OF_REST != 0 => {
                Placed { slot: Slot::Rest, glyph: found as u16, advance: (found >> 16) as u16 & 0x7fff }
            }
            Some(&found) if found != 0 => {
                Placed { slot: Slot::Own, glyph: found as u16, advance: (found >> 16) as u16 }
            }
            _ => self.place_new(character),
        }
    }

    fn place_new(&mut self, character: char) -> Placed {
        let font = &self.fonts.regular;
        let placed = if character.is_control() {
            return self.place(' ');
        } else if let Some(glyph) = font.glyph(character) {
            self.own.push(character);
            Placed { slot: Slot::Own, glyph: self.own.len() as u16, advance: font.advance(glyph) }
        } else if let Some((font, glyph)) = in_rest(character) {
            let rest = &mut self.rest;
            let number = *self.placed_rest.entry(character).or_insert_with(|| {
                rest.push(character);
                rest.len() as u16
            });
            Placed { slot: Slot::Rest, glyph: number, advance: font.advance(glyph) }
        } else {
            self.missing.insert(character);
            // The fonts have it: a test says so.
            return if character == PLACEHOLDER { NOTHING } else { self.place(PLACEHOLDER) };
        };
        if let Some(place) = self.table.get_mut(character as usize) {
            let rest = if placed.slot == Slot::Rest { OF_REST } else { 0 };
            *place = rest | entry(placed.glyph, placed.advance);
        }
        placed
    }

    /// The advance of a character at a size of one point.
    pub(crate) fn advance(&mut self, character: char) -> f32 {
        f32::from(self.place(character).advance) / 1000.0
    }

    /// The width of a text at `size` points.
    pub(crate) fn width(&mut self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| u32::from(self.place(c).advance)).sum::<u32>() as f32 * size / 1000.0
    }

    /// The fonts that were cut for this report alone, with their characters in the order of their glyphs' numbers.
    pub(crate) fn cut(&self) -> impl Iterator<Item = (Slot, &Font, &[char])> {
        let rest = Fonts::rest_if(!self.rest.is_empty()).map(|font| (Slot::Rest, font, &*self.rest));
        let own = (Slot::Own, &self.fonts.regular, &*self.own);
        std::iter::once(own).chain(rest).filter(|(_, _, characters)| !characters.is_empty())
    }

    /// What has been placed, for the reports to come; and the characters.
    pub(crate) fn into_shared(self) -> (Shared, Vec<char>) {
        let mut table = self.table;
        for place in table.iter_mut().filter(|place| **place & OF_REST != 0) {
            *place = 0;
        }
        (Shared { table }, self.own)
    }

    /// True of a character that was asked for and that no font has.
    pub(crate) fn lacks(&self, character: char) -> bool {
        self.missing.contains(&character)
    }

    /// Characters that no font has, in order.
    pub(crate) fn missing(&self) -> Vec<char> {
        self.missing.iter().copied().collect()
    }
}

/// Set when not even the placeholder is there.
const NOTHING: Placed = Placed { slot: Slot::Own, glyph: 0, advance: 500 };

fn in_rest(character: char) -> Option<(&'static Font, u16)> {
    // Only ideographs are worth unpacking the other font.
    let ideograph = matches!(character as u32, 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af);
    let font = Fonts::rest_if(ideograph)?;
    Some((font, font.glyph(character)?))
}

impl Fonts {
    /// True of a character that can be printed; control characters are spaces.
    pub(crate) fn have(&self, character: char) -> bool {
        character.is_control() || self.regular.glyph(character).is_some() || in_rest(character).is_some()
    }

    fn rest_if(needed: bool) -> Option<&'static Font> {
        needed.then(Self::rest)
    }
}
