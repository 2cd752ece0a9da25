//! The scheme, end to end over the whole local stack. One program, so that it is linked once.

mod answers;
mod authorizer;
mod backfill;
mod commitments;
mod cost;
mod crash;
mod deadlines;
mod evaluation;
mod events;
mod feedback;
mod grants;
mod intake;
mod objections;
mod openapi;
mod portal;
mod proof;
mod reconciliation;
mod repairs;
mod reports;
mod requests;
mod status;
mod timeliness;
mod uploads;
mod verification;
mod verify;
