//! Sorting and binary search, as in `search.c`: the ranks of some numbers among private ones.
//!
//! Statement: "among my n numbers, so many are smaller than each of these".
//!
//! Input (private): n and q, 4 bytes each; n numbers, then q queries, 4 bytes each; little endian.
//! Output (public): n; then for each query the query and how many of the numbers are smaller.
//! Exit code: 0; 2 if the input is not of this form.
//!
//! Lesson: slices carry their lengths, so that what `search.c` checks by hand is checked by the
//! language, and a mistake is a panic with exit code 134, not a wrong proof. What is left to think
//! of is the arithmetic: in release builds a sum wraps silently.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;

cstark_guest::entry!(main);

fn main() -> u64 {
    match answer(cstark_guest::input()) {
        Some(bytes) => {
            cstark_guest::output(&bytes);
            0
        }
        None => 2,
    }
}

fn answer(input: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = input.split_at_checked(8)?;
    let n = load(&head[..4]) as usize;
    let q = load(&head[4..]) as usize;
    if rest.len() != 4 * (n + q) {
        return None; // two numbers of 32 bits: no wrap in 64
    }
    let mut numbers: Vec<u32> = rest[..4 * n].chunks_exact(4).map(load).collect();
    numbers.sort_unstable();

    let mut out = Vec::with_capacity(4 + 8 * q);
    out.extend_from_slice(&(n as u32).to_le_bytes());
    for query in rest[4 * n..].chunks_exact(4).map(load) {
        let smaller = numbers.partition_point(|&number| number < query);
        out.extend_from_slice(&query.to_le_bytes());
        out.extend_from_slice(&(smaller as u32).to_le_bytes());
    }
    Some(out)
}

fn load(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
