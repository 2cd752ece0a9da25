//! Signing out: here, and at the issuer.

use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::issuer::with_parameters;

/// `POST /portal/sign-out`: the session ends, also where its cookie was copied to, with whatever the browser keeps of its pages; then
/// the issuer's own session does (RP-Initiated Logout 1.0). Nothing that names the person stands in the address that leads there: the
/// issuer knows its session by its own cookie.
pub(crate) async fn end(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let app = asked.app;
    let mut next = "/".to_owned();
    if let Some(session) = &asked.visitor.session {
        app.ended.end(&session.id, session.ends_at_last()).await?;
        if let Some(token) = &session.refresh_token {
            app.issuer.revoke(app, token).await;
        }
        let endpoints = app.issuer.endpoints(app).await.ok();
        if let Some(address) = endpoints.and_then(|endpoints| endpoints.end_session_endpoint.as_deref()) {
            let back = format!("{}/", app.origin);
            let told = [("client_id", app.issuer.client_id.as_str()), ("post_logout_redirect_uri", &back)];
            next = with_parameters(address, told);
        }
    }
    let forgotten = [app.cookies.session, app.cookies.last].map(|name| app.cookies.forget(name));
    let [session, last] = forgotten;
    Ok(HttpResponse::see_other(&next).cookie(session).cookie(last).header("clear-site-data", "\"cache\", \"storage\""))
}
