//! Pages for anyone, and the query of a third party under a grant.

pub(crate) mod authorised_query;
pub(crate) mod domains;
pub(crate) mod feedback;
mod finders;
pub(crate) mod guide;
pub(crate) mod home;
mod picture;
pub(crate) mod questions;
pub(crate) mod scan;
