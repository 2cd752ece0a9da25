//! No code: the features of third-party crates that the packages of the workspace share, in `Cargo.toml`.
//!
//! Cargo compiles a crate once for each set of features that is asked for. A function, the local stack and the whole
//! workspace ask for different ones; every package that depends on this one (through `xinzheng-runtime`) asks for the same,
//! so that whichever is built first has compiled for the others too. `.ci/check-artefacts` holds that to be so and names what
//! is missing here.
