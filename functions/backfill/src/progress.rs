//! `GET /backfill`: how far the run over all uploads has come.

use xinzheng_api::backfill::{BackfillProgress, BackfillState, PROGRESS};
use xinzheng_domain::audit::Action;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::index::INDEX_SCHEMA;

use crate::App;

/// The checkpoint: of the pass that is under way, and of the last that was finished. The remaining time is by the last pass's
/// count and this one's rate. One GetItem, and a PutItem for the audit.
pub(crate) async fn read(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    app.registry.note_platform(&request.actor(&app.address_key), now, Action::BackfillRead, "uploads").await?;
    let checkpoint = app.registry.checkpoint().await?;
    let running = checkpoint.leased_until.is_some_and(|until| until > now);
    let seconds = checkpoint.started_at.map_or(0, |start| now.duration_since(start).as_secs()).max(1);
    let under_way = checkpoint.under_way();
    let rate = under_way.then(|| checkpoint.seen as f64 / seconds as f64);
    let left = checkpoint.last_seen.map(|all| all.saturating_sub(checkpoint.seen));
    let remaining = rate.filter(|rate| *rate > 0.0).zip(left).map(|(rate, left)| (left as f64 / rate).ceil());
    let progress = BackfillProgress {
        state: match (running, under_way) {
            (true, _) => BackfillState::Running,
            (false, true) => BackfillState::Paused,
            (false, false) => BackfillState::Idle,
        },
        pass: checkpoint.pass,
        seen: checkpoint.seen,
        driven_again: checkpoint.driven,
        started_at: checkpoint.started_at,
        files_per_second: rate,
        remaining_seconds: remaining,
        last_finished_at: checkpoint.finished_at,
        index_schema: INDEX_SCHEMA,
        reindexed_to: checkpoint.index_schema,
        reindexing_to: checkpoint.reindexing.filter(|_| under_way),
        restored_until: checkpoint.restored,
        restoring_until: checkpoint.restoring.filter(|_| under_way),
        inventory: checkpoint.inventory.map(|place| place.manifest),
        last_seen: checkpoint.last_seen,
        last_driven_again: checkpoint.last_driven,
    };
    Ok(HttpResponse::of(&PROGRESS, &progress))
}
