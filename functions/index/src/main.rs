//! The Lambda bootstrap of `index`.

xinzheng_runtime::bootstrap!(serve_queue, xinzheng_index, handle);
