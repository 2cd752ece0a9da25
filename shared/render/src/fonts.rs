//! The fonts: Noto Sans SC, and another font for the ideographs that it lacks. Bold is the same outlines with a stroke around them:
//! a second weight would be a fifth of a short report.

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use printpdf::{FontMetrics, ParsedFont};
use skrifa::charmap::Charmap;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::prelude::{LocationRef, Size};
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::raw::{ReadError, TableProvider};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::GlyphRemapper;

use crate::error::RenderError;

const REGULAR: &[u8] = include_bytes!("../fonts/NotoSansSC-Regular.ttf");
/// Packed: it is needed for one name in many thousands.
const REST: &[u8] = include_bytes!("../fonts/BabelStoneHan-Rest.ttf.gz");

/// What stands for a character that the fonts lack: 〓, the mark for a missing type (GB 2312 has it).
pub(crate) const PLACEHOLDER: char = '〓';

/// A weight: bold is drawn with a stroke around the glyphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

pub(crate) struct Font {
    bytes: &'static [u8],
    name: &'static str,
    characters: Charmap<'static>,
    advances: Hmtx<'static>,
    outlines: OutlineGlyphCollection<'static>,
    units: u16,
    metrics: FontMetrics,
}

/// The fonts of the program, opened once a process.
pub(crate) struct Fonts {
    pub(crate) regular: Font,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: without its font no report could be set")]
    Fonts { regular: Font::open(REGULAR, "NotoSansSC-Regular").expect("the font of the program is one") }
});

static UNPACKED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bytes = vec![];
    #[expect(clippy::expect_used, reason = "part of the program: names must not lose their rare ideographs")]
    GzDecoder::new(REST).read_to_end(&mut bytes).expect("the font of rare ideographs unpacks");
    bytes
});

static THIRD: LazyLock<Font> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: names must not lose their rare ideographs")]
    Font::open(&UNPACKED, "BabelStoneHan").expect("the font of rare ideographs is one")
});

impl Fonts {
    pub(crate) fn get() -> &'static Self {
        &FONTS
    }

    /// The font of the ideographs that the first one lacks; unpacked when it is first asked for.
    pub(crate) fn rest() -> &'static Font {
        &THIRD
    }
}

impl Font {
    fn open(bytes: &'static [u8], name: &'static str) -> Result<Self, ReadError> {
        let file = FontRef::new(bytes)?;
        let (lines, units) = (file.hhea()?, file.head()?.units_per_em());
        let metrics = FontMetrics { ascent: lines.ascender().to_i16(), descent: lines.descender().to_i16() };
        let (characters, advances, outlines) = (file.charmap(), file.hmtx()?, file.outline_glyphs());
        Ok(Self { bytes, name, characters, advances, outlines, units, metrics })
    }

    /// The glyph of a character; `None` when the font has none.
    pub(crate) fn glyph(&self, character: char) -> Option<u16> {
        self.characters.map(character).and_then(|glyph| u16::try_from(glyph.to_u32()).ok())
    }

    /// The advance of a glyph in font units.
    fn width(&self, glyph: u16) -> Option<u16> {
        self.advances.advance(GlyphId::from(glyph))
    }

    /// The advance of a glyph in thousandths of an em.
    pub(crate) fn advance(&self, glyph: u16) -> u16 {
        let advance = u32::from(self.width(glyph).unwrap_or(0));
        u16::try_from(advance * 1000 / u32::from(self.units.max(1))).unwrap_or(1000)
    }

    /// Units of an em.
    pub(crate) fn units(&self) -> f32 {
        f32::from(self.units)
    }

    /// Draws a character's outline, in font units.
    pub(crate) fn outline(&self, character: char, into: &mut impl OutlinePen) {
        let outline = self.glyph(character).and_then(|glyph| self.outlines.get(glyph.into()));
        if let Some(outline) = outline {
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            // The fonts are the program's own: what they hold can be drawn.
            let _drawn = outline.draw(settings, into);
        }
    }

    /// The font cut down to these characters, ready for embedding: their glyphs are numbered from 1 in this order.
    pub(crate) fn subset(&self, characters: &[char]) -> Result<ParsedFont, RenderError> {
        let mut remapper = GlyphRemapper::new();
        let glyphs = characters.iter().map(|&character| (character, self.glyph(character).unwrap_or(0)));
        let placed: Vec<(char, u16, u16)> =
            glyphs.map(|(character, glyph)| (character, glyph, remapper.remap(glyph))).collect();
        let codes = placed.iter().map(|&(character, _, new)| (u32::from(character), new)).collect();
        let widths = placed.iter().map(|&(_, glyph, new)| (new, self.width(glyph).unwrap_or(self.units))).collect();
        let bytes =
            subsetter::subset(self.bytes, 0, &remapper).map_err(|error| RenderError::Font(error.to_string()))?;
        let (name, metrics) = (Some(self.name.to_owned()), self.metrics.clone());
        Ok(ParsedFont::with_glyph_data(bytes, 0, name, codes, widths, self.units, metrics))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_fonts_have_gb_2312_and_rare_name_characters() {
        let fonts = Fonts::get();
        // Rows 16 to 87 of GB 2312 are its characters; encoding them by their code points would need a table, so a
        // sample over the whole range of Unicode's basic block stands for them, with the rare ones by name.
        for character in
            "啊阿埃挨哎唉哀皑癌蔼矮艾碍爱隘齇齄龠䶮𫖯𬭎㛃𬱖𬸪𣲘𫍯㳇〓，。、；：？！“”‘’（）《》〔〕—…·×".chars()
        {
            assert!(fonts.regular.glyph(character).is_some(), "{character}");
        }
        assert!(fonts.regular.glyph('\u{e000}').is_none());
    }

    #[test]
    fn rare_ideographs_come_from_the_other_font() {
        let (fonts, rest) = (Fonts::get(), Fonts::rest());
        for character in "𠀁𠁅𠂘𠃉𠄌".chars() {
            assert!(fonts.regular.glyph(character).is_none() && rest.glyph(character).is_some(), "{character}");
        }
    }

    #[test]
    fn digits_are_of_one_width() {
        let font = &Fonts::get().regular;
        let widths: BTreeSet<u16> = ('0'..='9').map(|c| font.advance(font.glyph(c).unwrap())).collect();
        assert_eq!(widths.len(), 1, "columns of digits align");
    }
}
