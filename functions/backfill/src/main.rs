//! The Lambda bootstrap of `backfill`.

xinzheng_runtime::bootstrap!(serve_http_and_schedule, xinzheng_backfill, handle, tick);
