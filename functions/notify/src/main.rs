//! The Lambda bootstrap of `notify`.

xinzheng_runtime::bootstrap!(serve_stream_and_queue, xinzheng_notify, handle, receive);
