//! Counts the SDK calls of a client, so that the cost of each request is known and kept in tests; and ends the process at one of
//! them, so that tests see what a crash there leaves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// How often each operation was answered, by its name (`GetItem`, `PutObject`), retries included.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<String, usize>>>);

impl Calls {
    /// The counts since the last taking, and starts again from nothing.
    pub fn take(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An interceptor for SDK clients that counts into `calls`.
pub fn count_calls(calls: &Calls) -> impl Intercept + 'static {
    Counter(calls.clone())
}

/// Counts the calls of all functions from a moment on, and ends the process at one of them.
#[derive(Clone, Debug, Default)]
pub struct LastCall(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    last: AtomicUsize,
}

impl LastCall {
    /// Counts anew. The process ends, as if it was killed, when the `last`th call from now on is done, before whoever made
    /// it hears of it; 0 for none.
    pub fn from_now(&self, last: usize) {
        self.0.last.store(last, Ordering::SeqCst);
        self.0.made.store(0, Ordering::SeqCst);
    }

    /// How many calls were made since.
    pub fn made(&self) -> usize {
        self.0.made.load(Ordering::SeqCst)
    }
}

/// An interceptor for SDK clients that ends the process when it is time.
pub(crate) fn end_at(last: &LastCall) -> impl Intercept + 'static {
    Ender(last.clone())
}

#[derive(Debug)]
struct Ender(LastCall);

#[dyn_dispatch_hint]
impl Intercept for Ender {
    fn name(&self) -> &'static str {
        "end at a call"
    }

    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let made = self.0.0.made.fetch_add(1, Ordering::SeqCst) + 1;
        if made == self.0.0.last.load(Ordering::SeqCst) {
            std::process::abort();
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Counter(Calls);

#[dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "count calls"
    }

    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map_or("unknown", |metadata| metadata.name()).to_owned();
        let mut counts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(operation).or_default() += 1;
        Ok(())
    }
}
