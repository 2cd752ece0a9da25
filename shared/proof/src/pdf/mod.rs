//! As much of PDF (ISO 32000-1, 7) as a judgement needs, read strictly: what readers understand differently is not
//! understood here. No key stands twice in a dictionary, generations are 0, nothing is repaired.

pub(crate) mod cross_references;
pub(crate) mod parser;
pub(crate) mod stream;
pub(crate) mod update;
pub(crate) mod value;
pub(crate) mod view;

pub(crate) use cross_references::Place;
pub(crate) use parser::{Object, Parser};
pub(crate) use update::Update;
pub(crate) use value::{Dictionary, Value};
pub(crate) use view::View;
