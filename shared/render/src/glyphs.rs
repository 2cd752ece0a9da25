//! Which glyphs a report uses. Every report of a template shares most of its wording: these glyphs are cut and compressed
//! once a process; only the report's other characters are cut for it alone.

use std::collections::{BTreeSet, HashMap};

use crate::fonts::{Font, Fonts, PLACEHOLDER, Weight};

/// A font of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The template's glyphs in a weight.
    Shared(Weight),
    /// The report's other glyphs in a weight.
    Own(Weight),
    /// Ideographs that both weights lack.
    Rest,
}

impl Slot {
    /// The font's name in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shared(Weight::Regular) => "F1",
            Self::Shared(Weight::Bold) => "F2",
            Self::Own(Weight::Regular) => "F3",
            Self::Own(Weight::Bold) => "F4",
            Self::Rest => "F5",
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
/// Marks an entry of a table as one of the third font.
const OF_REST: u32 = 1 << 31;

/// Places by code point: the glyph's number in the lower half, its advance in the upper; 0 where there is none yet.
type Table = Vec<u32>;

fn entry(glyph: u16, advance: u16) -> u32 {
    u32::from(advance) << 16 | u32::from(glyph)
}

/// The places of the template's characters, by weight.
pub(crate) struct Shared {
    tables: [Table; 2],
}

/// The glyphs of a report as it is being set.
pub(crate) struct Glyphs<'f> {
    fonts: &'f Fonts,
    shared: Option<&'f Shared>,
    tables: [Table; 2],
    /// Characters in the order of their numbers from 1: regular, bold.
    own: [Vec<char>; 2],
    rest: Vec<char>,
    placed_rest: HashMap<char, u16>,
    missing: BTreeSet<char>,
}

impl<'f> Glyphs<'f> {
    pub(crate) fn new(fonts: &'f Fonts, shared: Option<&'f Shared>) -> Self {
        Self {
            fonts,
            shared,
            tables: [vec![0; CODE_POINTS], vec![0; CODE_POINTS]],
            own: [vec![], vec![]],
            rest: vec![],
            placed_rest: HashMap::new(),
            missing: BTreeSet::new(),
        }
    }

    /// The place of a character in a weight. Control characters are set as spaces. One that no font has is set as
    /// [`PLACEHOLDER`] and noted.
    pub(crate) fn place(&mut self, weight: Weight, character: char) -> Placed {
        let code = character as usize;
        let at = weight as usize;
        if let Some(&found) =
            self.shared.and_then(|shared| shared.tables.get(at)?.get(code)).filter(|found| **found != 0)
        {
            return Placed { slot: Slot::Shared(weight), glyph: found as u16, advance: (found >> 16) as u16 };
        }
        match self.tables.get(at).and_then(|table| table.get(code)) {
            Some(&found) if found & OF_REST != 0 => {
                Placed { slot: Slot::Rest, glyph: found as u16, advance: (found >> 16) as u16 & 0x7fff }
            }
            Some(&found) if found != 0 => {
                Placed { slot: Slot::Own(weight), glyph: found as u16, advance: (found >> 16) as u16 }
            }
            _ => self.place_new(weight, character),
        }
    }

    fn place_new(&mut self, weight: Weight, character: char) -> Placed {
        let font = self.fonts.weight(weight);
        let placed = if character.is_control() {
            return self.place(weight, ' ');
        } else if let Some(glyph) = font.glyph(character) {
            let Some(own) = self.own.get_mut(weight as usize) else { return NOTHING };
            own.push(character);
            Placed { slot: Slot::Own(weight), glyph: own.len() as u16, advance: font.advance(glyph) }
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
            return if character == PLACEHOLDER { NOTHING } else { self.place(weight, PLACEHOLDER) };
        };
        if let Some(place) = self.tables.get_mut(weight as usize).and_then(|table| table.get_mut(character as usize)) {
            let rest = if placed.slot == Slot::Rest { OF_REST } else { 0 };
            *place = rest | entry(placed.glyph, placed.advance);
        }
        placed
    }

    /// The advance of a character at a size of one point.
    pub(crate) fn advance(&mut self, weight: Weight, character: char) -> f32 {
        f32::from(self.place(weight, character).advance) / 1000.0
    }

    /// The width of a text at `size` points.
    pub(crate) fn width(&mut self, weight: Weight, text: &str, size: f32) -> f32 {
        text.chars().map(|c| u32::from(self.place(weight, c).advance)).sum::<u32>() as f32 * size / 1000.0
    }

    /// The fonts that were cut for this report alone, with their characters in the order of their glyphs' numbers.
    pub(crate) fn cut(&self) -> impl Iterator<Item = (Slot, &Font, &[char])> {
        let own = [(Weight::Regular, &self.fonts.regular), (Weight::Bold, &self.fonts.bold)];
        let own = own.into_iter().zip(&self.own).map(|((weight, font), chars)| (Slot::Own(weight), font, &**chars));
        let rest = Fonts::rest_if(!self.rest.is_empty()).map(|font| (Slot::Rest, font, &*self.rest));
        own.chain(rest).filter(|(_, _, characters)| !characters.is_empty())
    }

    /// What has been placed, for the reports to come; and the characters of the two weights.
    pub(crate) fn into_shared(self) -> (Shared, [Vec<char>; 2]) {
        let mut tables = self.tables;
        for place in tables.iter_mut().flatten().filter(|place| **place & OF_REST != 0) {
            *place = 0;
        }
        (Shared { tables }, self.own)
    }

    /// Characters that no font has, in order.
    pub(crate) fn missing(&self) -> Vec<char> {
        self.missing.iter().copied().collect()
    }
}

/// Set when not even the placeholder is there.
const NOTHING: Placed = Placed { slot: Slot::Own(Weight::Regular), glyph: 0, advance: 500 };

fn in_rest(character: char) -> Option<(&'static Font, u16)> {
    // Only ideographs are worth unpacking the third font.
    let ideograph = matches!(character as u32, 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x323af);
    let font = Fonts::rest_if(ideograph)?;
    Some((font, font.glyph(character)?))
}

impl Fonts {
    fn rest_if(needed: bool) -> Option<&'static Font> {
        if needed { Self::rest() } else { None }
    }
}
