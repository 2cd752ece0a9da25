//! The two weights of Noto Sans SC, parsed once a process into flat tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use printpdf::{FontMetrics, ParsedFont};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use crate::RenderError;

const REGULAR: &[u8] = include_bytes!("../fonts/NotoSansSC-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/NotoSansSC-Bold.ttf");

/// What stands for a character that the fonts lack: 〓, the mark for a missing type (GB 2312 has it).
pub(crate) const PLACEHOLDER: char = '〓';

/// A weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A weight's tables.
pub(crate) struct Font {
    bytes: &'static [u8],
    name: &'static str,
    /// Glyph by code point; 0 where the font has none.
    glyphs: Vec<u16>,
    /// Advance by glyph, in thousandths of an em.
    advances: Vec<u16>,
    units_per_em: u16,
    ascent: i16,
    descent: i16,
}

/// Both weights.
pub(crate) struct Fonts {
    regular: Font,
    bold: Font,
}

static FONTS: LazyLock<Result<Fonts, String>> = LazyLock::new(|| {
    Ok(Fonts { regular: Font::parse(REGULAR, "NotoSansSC-Regular")?, bold: Font::parse(BOLD, "NotoSansSC-Bold")? })
});

impl Fonts {
    pub(crate) fn get() -> Result<&'static Self, RenderError> {
        FONTS.as_ref().map_err(|error| RenderError::Font(error.clone()))
    }

    pub(crate) const fn weight(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// True when both weights have the character.
    pub(crate) fn have(&self, character: char) -> bool {
        self.regular.glyph(character) != 0 && self.bold.glyph(character) != 0
    }
}

impl Font {
    fn parse(bytes: &'static [u8], name: &'static str) -> Result<Self, String> {
        let face = Face::parse(bytes, 0).map_err(|error| error.to_string())?;
        let cmap = face.tables().cmap.ok_or_else(|| format!("{name} has no character map"))?;
        let mut glyphs = vec![0_u16; 0x32000];
        for subtable in cmap.subtables.into_iter().filter(ttf_parser::cmap::Subtable::is_unicode) {
            subtable.codepoints(|code| {
                if let (Some(glyph), Some(place)) = (subtable.glyph_index(code), glyphs.get_mut(code as usize)) {
                    *place = glyph.0;
                }
            });
        }
        let units = face.units_per_em();
        let thousandths =
            |units_wide: u16| u16::try_from(u32::from(units_wide) * 1000 / u32::from(units.max(1))).unwrap_or(u16::MAX);
        let advances = (0..face.number_of_glyphs())
            .map(|glyph| thousandths(face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0)))
            .collect();
        Ok(Self {
            bytes,
            name,
            glyphs,
            advances,
            units_per_em: units,
            ascent: face.ascender(),
            descent: face.descender(),
        })
    }

    /// The glyph of a character; 0 when the font has none.
    pub(crate) fn glyph(&self, character: char) -> u16 {
        self.glyphs.get(character as usize).copied().unwrap_or(0)
    }

    /// The advance of a character at a size of one point.
    pub(crate) fn advance(&self, character: char) -> f32 {
        f32::from(self.advances.get(usize::from(self.glyph(character))).copied().unwrap_or(1000)) / 1000.0
    }

    /// The width of a text at `size` points.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// Units of an em.
    pub(crate) fn units(&self) -> f32 {
        f32::from(self.units_per_em)
    }

    /// Draws a character's outline, in font units.
    pub(crate) fn outline(&self, character: char, into: &mut dyn ttf_parser::OutlineBuilder) {
        if let Ok(face) = Face::parse(self.bytes, 0) {
            face.outline_glyph(GlyphId(self.glyph(character)), into);
        }
    }

    /// The font cut down to these characters, ready for embedding.
    pub(crate) fn subset(&self, used: &BTreeSet<char>) -> Result<ParsedFont, RenderError> {
        let mut remapper = GlyphRemapper::new();
        let mut codes = BTreeMap::new();
        let mut widths = BTreeMap::new();
        for &character in used {
            let glyph = self.glyph(character);
            let new = remapper.remap(glyph);
            codes.insert(u32::from(character), new);
            let advance = self.advances.get(usize::from(glyph)).copied().unwrap_or(1000);
            widths.insert(
                new,
                u16::try_from(u32::from(advance) * u32::from(self.units_per_em) / 1000).unwrap_or(advance),
            );
        }
        let bytes =
            subsetter::subset(self.bytes, 0, &remapper).map_err(|error| RenderError::Font(error.to_string()))?;
        let metrics = FontMetrics { ascent: self.ascent, descent: self.descent };
        Ok(ParsedFont::with_glyph_data(bytes, 0, Some(self.name.to_owned()), codes, widths, self.units_per_em, metrics))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_gb_2312_and_rare_name_characters() {
        let fonts = Fonts::get().unwrap();
        // Rows 16 to 87 of GB 2312 are its characters; encoding them by their code points would need a table, so a
        // sample over the whole range of Unicode's basic block stands for them, with the rare ones by name.
        for character in
            "啊阿埃挨哎唉哀皑癌蔼矮艾碍爱隘齇齄龠䶮𫖯𬭎㛃𬱖𬸪𣲘𫍯㳇〓，。、；：？！“”‘’（）《》〔〕—…·×".chars()
        {
            assert!(fonts.have(character), "{character}");
        }
        assert!(!fonts.have('\u{e000}'));
    }

    #[test]
    fn digits_are_of_one_width() {
        let font = Fonts::get().unwrap().weight(Weight::Regular);
        let widths: BTreeSet<u32> = ('0'..='9').map(|c| (font.advance(c) * 1000.0) as u32).collect();
        assert_eq!(widths.len(), 1, "columns of digits align");
    }
}
