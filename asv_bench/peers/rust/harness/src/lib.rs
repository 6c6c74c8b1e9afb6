//! What the peers share: the statements, the command line, the measurement, the line they print.

mod clock;
pub mod exchange;
pub mod pairs;
mod request;

use std::fmt::Debug;
use std::process::exit;

pub use request::Request;

/// 2^64 - 2^32 + 1.
pub const P: u64 = 0xffff_ffff_0000_0001;

/// Verifying takes milliseconds: the median of so many.
const VERIFICATIONS: usize = 9;

/// The prover that is measured.
pub trait Peer {
    /// What it proves from; made outside of the measured time.
    type Trace;
    /// What it makes; serialised outside of the measured time.
    type Proof;

    /// The trace, or the traces.
    fn trace(&self) -> Self::Trace;
    /// The measured work.
    fn prove(&self, trace: Self::Trace) -> Self::Proof;
    /// The proof as it would be sent.
    fn to_bytes(&self, proof: &Self::Proof) -> Vec<u8>;
    /// From bytes to a verdict, for the statement with these numbers; the measured work too.
    fn verify(&self, bytes: &[u8], publics: &[u64]) -> Result<(), impl Debug>;
    /// Proven bits by the peer's own estimator: unique decoding, list decoding.
    fn proven_bits(&self, proof: &Self::Proof) -> (u32, u32);
}

/// What the printed line needs beside the measured numbers.
pub struct Label {
    pub prover: &'static str,
    /// The crate whose version in Cargo.lock is the prover's.
    pub package: &'static str,
    pub hash: &'static str,
    /// Whether it was built with threads.
    pub parallel: bool,
    /// Rows of all tables together, and columns of each.
    pub rows: usize,
    pub columns: usize,
    /// What every prover of the statement must print alike.
    pub result: Vec<u64>,
}

/// Modulo p.
pub fn add(a: u64, b: u64) -> u64 {
    ((u128::from(a) + u128::from(b)) % u128::from(P)) as u64
}

/// Proves `request.proofs` times, verifies for the statement with the numbers `publics`, checks
/// that a statement with another last number is refused, and prints one JSON object on one line.
pub fn measure<T: Peer>(peer: &T, request: &Request, publics: &[u64], label: &Label) {
    let mut wall = Vec::new();
    let mut cpu = Vec::new();
    let mut last = None;
    for _ in 0..request.proofs {
        let trace = peer.trace();
        drop(last.take()); // as a caller would who has sent the one before
        let (proof, seconds, cpu_seconds) = clock::timed(|| peer.prove(trace));
        wall.push(seconds);
        cpu.push(cpu_seconds);
        last = Some(proof);
    }
    let peak = clock::peak_resident();
    let proof = last.expect("at least one proof");
    let bytes = peer.to_bytes(&proof);
    let mut verify_wall = Vec::new();
    let mut verify_cpu = Vec::new();
    for _ in 0..VERIFICATIONS {
        let (verdict, seconds, cpu_seconds) = clock::timed(|| peer.verify(&bytes, publics));
        if let Err(error) = verdict {
            fail(&format!("its own proof is refused: {error:?}"));
        }
        verify_wall.push(seconds);
        verify_cpu.push(cpu_seconds);
    }
    let mut wrong = publics.to_vec();
    let end = wrong.last_mut().expect("public values");
    *end = add(*end, 1);
    if peer.verify(&bytes, &wrong).is_ok() {
        fail("a proof of another statement is accepted");
    }
    let (unique, list) = peer.proven_bits(&proof);
    println!(
        "{{\"prover\": \"{}\", \"version\": \"{}\", \"hash\": \"{}\", \"isa\": \"{}\", \
         \"rows\": {}, \"columns\": {}, \"threads\": {}, \
         \"prove_seconds\": {:?}, \"prove_cpu_seconds\": {:?}, \
         \"verify_seconds\": {:?}, \"verify_cpu_seconds\": {:?}, \
         \"proof_bytes\": {}, \"peak_bytes\": {}, \
         \"own_bits\": {{\"unique\": {unique}, \"list\": {list}}}, \"result\": {:?}}}",
        label.prover,
        locked_version(label.package),
        label.hash,
        isa(),
        label.rows,
        label.columns,
        threads(label.parallel),
        median(settled(wall)),
        median(settled(cpu)),
        median(verify_wall),
        median(verify_cpu),
        bytes.len(),
        peak.map_or("null".into(), |bytes| bytes.to_string()),
        label.result,
    );
}

/// Without the first of several, which brings memory and tables in.
fn settled(mut values: Vec<f64>) -> Vec<f64> {
    if values.len() > 1 {
        values.remove(0);
    }
    values
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Threads that the prover may use; its thread pool reads the same variable.
fn threads(parallel: bool) -> usize {
    if !parallel {
        return 1;
    }
    std::env::var("RAYON_NUM_THREADS")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|&number| number > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |number| number.get()))
}

/// The widest vector instructions that this build may use.
fn isa() -> &'static str {
    if cfg!(target_feature = "avx512f") {
        "avx512"
    } else if cfg!(target_feature = "avx2") {
        "avx2"
    } else if cfg!(target_feature = "neon") {
        "neon"
    } else {
        "baseline"
    }
}

/// The version that a package has in the lock file this was built with.
fn locked_version(package: &str) -> &'static str {
    const LOCK: &str = include_str!("../../Cargo.lock");
    let head = format!("name = \"{package}\"");
    LOCK.lines()
        .skip_while(|line| *line != head)
        .nth(1)
        .and_then(|line| line.split('"').nth(1))
        .unwrap_or("unknown")
}

/// Ends with a message: what was measured is worth nothing.
pub fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1)
}
