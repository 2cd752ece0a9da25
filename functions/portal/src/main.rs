//! The Lambda bootstrap of `portal`.

xinzheng_runtime::bootstrap!(serve_http, xinzheng_portal, handle);
