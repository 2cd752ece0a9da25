//! The Lambda bootstrap of `casework`.

xinzheng_runtime::bootstrap!(serve_http, xinzheng_casework, handle);
