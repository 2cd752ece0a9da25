//! The fonts that all reports of a template share: those of the program's own template are kept in a file, those of another
//! are cut once a process.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use xinzheng_domain::report::ContentDigest;

use crate::document::{self, Matter};
use crate::error::RenderError;
use crate::font_objects::FontObjects;
use crate::fonts::Fonts;
use crate::glyphs::{Glyphs, Shared, Slot};
use crate::skeleton::skeleton;
use crate::specimen;
use crate::template::Template;

/// The fonts that all reports of a template share: their places, and their objects, compressed.
pub(crate) struct SharedFonts {
    pub(crate) places: Shared,
    pub(crate) objects: FontObjects,
}

/// The glyphs of the template that comes with the program, cut beforehand (`examples/keep_glyphs.rs`).
const KEPT: &[u8] = include_bytes!("../fonts/template-glyphs.pdf");

static OF_BUILTIN: LazyLock<Arc<SharedFonts>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: without its glyphs no report could be set")]
    Arc::new(SharedFonts::kept(Fonts::get()).expect("the kept glyphs are those that keep_glyphs wrote"))
});

/// How many templates beside the program's own have their fonts at hand; a set of them takes a megabyte.
const AT_HAND: usize = 4;

/// Those that were cut last.
static CUT: Mutex<VecDeque<(Template, Arc<SharedFonts>)>> = Mutex::new(VecDeque::new());

impl SharedFonts {
    /// Those of a template: kept for the program's own, cut when first asked for of another.
    pub(crate) fn of(template: &Template) -> Result<Arc<Self>, RenderError> {
        if std::ptr::eq(template, Template::builtin()) {
            return Ok(Arc::clone(&OF_BUILTIN));
        }
        let at_hand = || CUT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, shared)) = at_hand().iter().find(|(known, _)| known == template) {
            return Ok(Arc::clone(shared));
        }
        // Another thread may be as far; both make the same.
        let shared = Arc::new(Self::cut(template, Fonts::get())?.0);
        let mut at_hand = at_hand();
        at_hand.truncate(AT_HAND - 1);
        at_hand.push_front((template.clone(), Arc::clone(&shared)));
        Ok(shared)
    }

    /// The fonts of a template, and its characters, cut from a specimen without records, so that they are the same
    /// whichever report comes first.
    fn cut(template: &Template, fonts: &Fonts) -> Result<(Self, Vec<char>), RenderError> {
        let mut glyphs = Glyphs::new(fonts, None);
        // Numbers and codes are of these; the rest is the template's and the catalogue's wording.
        for character in (' '..='~').filter(|c| c.is_ascii_alphanumeric() || "-.:/ ".contains(*c)) {
            glyphs.place(character);
        }
        let content = &specimen::bare();
        let code = &specimen::code(content);
        // The words around a fingerprint are shared too.
        let certificate = ContentDigest::of(&[]);
        let matter = Matter { manuscript: specimen::manuscript(content, code, Some(&certificate)), specimen: false };
        let laid_out = document::lay_out(matter, template, glyphs)?;
        let (places, characters) = laid_out.glyphs.into_shared();
        let cut = std::iter::once((Slot::Shared, &fonts.regular, &*characters));
        let objects = FontObjects::taken_from(skeleton("", 1, cut)?)?;
        Ok((Self { places, objects }, characters))
    }

    /// The fonts of the template that comes with the program.
    fn kept(fonts: &Fonts) -> Result<Self, RenderError> {
        let (objects, characters) = FontObjects::of_file(KEPT)?;
        let mut glyphs = Glyphs::new(fonts, None);
        for character in characters {
            glyphs.place(character);
        }
        Ok(Self { places: glyphs.into_shared().0, objects })
    }
}

/// The file `fonts/template-glyphs.pdf` as the program's template and fonts ask for it.
pub(crate) fn kept_glyphs() -> Result<Vec<u8>, RenderError> {
    let (shared, characters) = SharedFonts::cut(Template::builtin(), Fonts::get())?;
    shared.objects.to_file(&characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_glyphs_are_those_of_the_template_and_the_fonts() {
        assert!(kept_glyphs().unwrap() == KEPT, "write them again: cargo run -p xinzheng-render --example keep_glyphs");
    }

    #[test]
    fn reports_with_kept_glyphs_are_those_with_glyphs_cut_anew() {
        let again = Template::parse(Template::builtin_json()).unwrap();
        let (kept, cut) = (crate::preview(Template::builtin()).unwrap(), crate::preview(&again).unwrap());
        assert!(kept.pdf == cut.pdf);
    }
}
