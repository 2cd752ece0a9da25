//! The Lambda bootstrap of `verify`.

xinzheng_runtime::bootstrap!(serve_http, xinzheng_verify, handle);
