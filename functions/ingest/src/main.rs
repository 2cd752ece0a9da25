//! The Lambda bootstrap of `ingest`.

xinzheng_runtime::bootstrap!(serve_queue, xinzheng_ingest, handle);
