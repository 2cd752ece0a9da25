//! Lists of which some alone are wanted.

use xinzheng_api::page::{Cursor, Page};

/// The most pages of a list that are looked through for one of what is wanted.
const MOST: usize = 10;

/// A page of what is wanted of a list that goes on behind `from`. `read` reads a page of the list and leaves out what is not wanted;
/// it is asked until there are `enough`, at most ten times: then the page is short or empty, and goes on. Where all is wanted
/// it is asked once.
///
/// # Errors
///
/// The first failure of `read`.
pub async fn sought<T, E, F: Future<Output = Result<Page<T>, E>>>(
    all: bool,
    from: Option<Cursor>,
    enough: usize,
    read: impl Fn(Option<Cursor>) -> F,
) -> Result<Page<T>, E> {
    let mut found = Page { items: vec![], next: from };
    for _ in 0..if all { 1 } else { MOST } {
        let page = read(found.next.take()).await?;
        found.items.extend(page.items);
        found.next = page.next;
        if found.next.is_none() || found.items.len() >= enough {
            break;
        }
    }
    Ok(found)
}
