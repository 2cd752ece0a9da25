//! List prices that measuring programs reckon with, in yuan; to be replaced by the contract's.

/// A million write request units of DynamoDB, on demand (the China regions' price list).
pub const WRITES: f64 = 11.1538;
/// A million read request units: a fifth.
pub const READS: f64 = 2.2308;
/// Yuan for a dollar, for what is converted from the general price list.
pub const DOLLAR: f64 = 7.1;
/// A million PUT requests of S3.
pub const PUTS: f64 = 5.00 * DOLLAR;
/// A million GET requests of S3.
pub const GETS: f64 = 0.40 * DOLLAR;
