//! Records: a subject's own as its reports would show them, and the history of any for those who sent it.

pub(crate) mod history;
pub(crate) mod own;
