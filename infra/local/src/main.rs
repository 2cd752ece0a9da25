//! `xinzheng`: the local stack and its main job.

/// Half of what the embedded database does is to make and drop small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    xinzheng::cli::run()
}
