//! `GET /notices`, `POST /notices/seen`: what one was told, and up to where one has seen it.

use xinzheng_api::notice::{LIST, ListedNotice, NewNotices, Notices, SEE};
use xinzheng_domain::case::notice::Recipient;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject, ThirdParty};
use xinzheng_store::notices::{NoticeCount, NumberedNotice};

use crate::App;

/// The most notices of a page.
const PAGE: i32 = 50;

/// Who reads notices: a subject its own, newest first; a third party its own, oldest first.
pub(crate) struct Reader {
    of: Recipient,
    newest_first: bool,
}

impl TryFrom<&HttpRequest> for Reader {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        match ThirdParty::try_from(request) {
            Ok(party) => Ok(Self { of: party.recipient(), newest_first: false }),
            Err(_) => {
                let subject = Subject::try_from(request)?;
                Ok(Self { of: Recipient::Subject(subject.id), newest_first: true })
            }
        }
    }
}

/// One GetItem and one Query.
pub(crate) async fn list(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let (of, cursor) = (&reader.of, asked.cursor.as_ref());
    // Counted first: what is given meanwhile is behind the count, and new.
    let count = app.registry.notice_count(of).await?;
    let page = if reader.newest_first {
        app.registry.newest_notices(of, cursor, PAGE).await?
    } else {
        app.registry.next_notices(of, cursor, PAGE).await?
    };
    let page = page.map(|numbered| shown(numbered, count));
    Ok(HttpResponse::of(&LIST, &Notices { items: page.items, next: page.next, new: new(count) }))
}

/// One UpdateItem.
pub(crate) async fn see(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let seen = request.body_of(&SEE)?;
    let count = app.registry.see_notices(&reader.of, seen.through).await?;
    Ok(HttpResponse::of(&SEE, &NewNotices { new: new(count) }))
}

const fn new(count: NoticeCount) -> u64 {
    count.last.saturating_sub(count.seen)
}

fn shown(NumberedNotice { number, notice }: NumberedNotice, count: NoticeCount) -> ListedNotice {
    let (title, text) = (notice.kind.title().to_owned(), notice.text());
    ListedNotice { number, title, text, new: number > count.seen, notice }
}
