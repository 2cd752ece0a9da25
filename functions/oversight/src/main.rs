//! The Lambda bootstrap of `oversight`.

xinzheng_runtime::bootstrap!(serve_http_and_schedule, xinzheng_oversight, handle, tick);
