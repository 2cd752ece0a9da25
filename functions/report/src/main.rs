//! The Lambda bootstrap of `report`.

xinzheng_runtime::bootstrap!(serve_http_and_schedule, xinzheng_report, handle, tick);
