//! The Lambda bootstrap of `notify`.

xinzheng_runtime::bootstrap!(serve_stream, xinzheng_notify, handle);
