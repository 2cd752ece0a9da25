//! The Lambda bootstrap of `uploads`.

xinzheng_runtime::bootstrap!(serve_http, xinzheng_uploads, handle);
