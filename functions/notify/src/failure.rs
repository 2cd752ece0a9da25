//! What of a batch of changes failed, and why.

use xinzheng_runtime::delivery_queue::DeliveryQueueError;
use xinzheng_store::StoreError;

use crate::event_bus::Refused;

/// Why a change failed.
pub(crate) enum Failed {
    Store(StoreError),
    Events(Refused),
    Deliveries(DeliveryQueueError),
}

impl Failed {
    /// Says why, with the change's place in the stream.
    pub(crate) fn log(&self, sequence: &str) {
        match self {
            Self::Store(error) => tracing::error!(%error, sequence, "a change failed and will come again"),
            Self::Deliveries(error) => {
                tracing::error!(%error, sequence, "a notice could not be sent on its way and will be again");
            }
            Self::Events(error) => tracing::error!(%error, sequence, "an event could not be sent and will be again"),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DeliveryQueueError> for Failed {
    fn from(error: DeliveryQueueError) -> Self {
        Self::Deliveries(error)
    }
}

/// The change that failed, by its place in the batch.
pub(crate) struct Failure {
    pub(crate) place: usize,
    pub(crate) why: Failed,
}

/// The earliest of the changes of a batch that have failed, if any has.
#[derive(Default)]
pub(crate) struct Earliest(Option<Failure>);

impl Earliest {
    /// Notes what became of the change at a place.
    pub(crate) fn note<E: Into<Failed>>(&mut self, place: usize, done: Result<(), E>) {
        if let Err(error) = done
            && self.is_before(place)
        {
            self.0 = Some(Failure { place, why: error.into() });
        }
    }

    /// True when nothing has failed at this place or before it: what is there is still to be done in this batch.
    pub(crate) fn is_before(&self, place: usize) -> bool {
        self.0.as_ref().is_none_or(|failure| place < failure.place)
    }

    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.0
    }
}
