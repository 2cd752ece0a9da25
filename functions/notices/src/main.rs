//! The Lambda bootstrap of `notices`.

xinzheng_runtime::bootstrap!(serve_http_and_queue, xinzheng_notices, handle, receive);
