//! The Lambda bootstrap of `authorizer`.

xinzheng_runtime::bootstrap!(serve_authorizer, xinzheng_authorizer, handle);
