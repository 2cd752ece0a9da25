//! The Lambda bootstrap of `log`.

xinzheng_runtime::bootstrap!(serve_stream_and_schedule, xinzheng_log, handle, tick);
