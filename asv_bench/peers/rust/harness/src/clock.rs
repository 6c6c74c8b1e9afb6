//! Time and memory of this process.

use std::time::Instant;

/// What `work` gives, the seconds that pass, and the processor seconds of all threads.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64, f64) {
    let cpu = processor_seconds();
    let start = Instant::now();
    let result = work();
    let seconds = start.elapsed().as_secs_f64();
    (result, seconds, processor_seconds() - cpu)
}

fn processor_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of our own; the clock exists on every Unix.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "no processor clock");
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Most bytes of memory that this process has had; None where the system does not say.
pub fn peak_resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}
