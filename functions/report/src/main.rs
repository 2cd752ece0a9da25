//! The Lambda bootstrap of `report`.

xinzheng_runtime::bootstrap!(serve_http, xinzheng_report, handle);
