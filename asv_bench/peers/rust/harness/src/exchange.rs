//! The tables that exchange messages, as `cstark.machines.lookup_bench` has them.
//!
//! Four tables of 34 columns: number, posted, 15 values, place, taken, 15 values.  A posted row
//! sends eight messages (number, value, value), a taken row receives eight messages (place,
//! value, value).  The cells come from a file, so that every prover proves the very same rows:
//! 64-bit numbers, little end first, row by row, the tables one after the other.

use std::fs;
use std::path::Path;

use crate::{P, Request, fail};

/// log2 of the heights at scale 0.
const LOG_ROWS: [usize; 4] = [18, 16, 15, 12];
/// Values of a row that is posted or taken.
pub const VALUES: usize = 15;
pub const WIDTH: usize = 2 * VALUES + 4;
/// Where the parts of a row begin.
pub const NUMBER: usize = 0;
pub const POSTED: usize = 1;
pub const POST: usize = 2;
pub const PLACE: usize = POST + VALUES;
pub const TAKEN: usize = PLACE + 1;
pub const TAKE: usize = TAKEN + 1;
/// Buses, one for each pair of values; the last pair is the last value and the first.
pub const BUSES: [&str; 8] =
    ["pair 0", "pair 1", "pair 2", "pair 3", "pair 4", "pair 5", "pair 6", "pair 7"];

/// log2 of the height of each table.
pub fn log_heights(request: &Request) -> Vec<usize> {
    LOG_ROWS.iter().map(|log| log - request.scale).collect()
}

/// Number of each table's first row: what the statement says beside the shapes.
pub fn starts(log_heights: &[usize]) -> Vec<u64> {
    log_heights
        .iter()
        .scan(0, |next, log| {
            let start = *next;
            *next += 1 << log;
            Some(start)
        })
        .collect()
}

/// The cells of each table.
pub fn read(path: &Path, log_heights: &[usize]) -> Vec<Vec<u64>> {
    let bytes = fs::read(path).unwrap_or_else(|error| fail(&format!("{path:?}: {error}")));
    let sizes: Vec<usize> = log_heights.iter().map(|log| 8 * WIDTH << log).collect();
    if bytes.len() != sizes.iter().sum::<usize>() {
        fail(&format!("{path:?} has {} bytes, not those of tables {sizes:?}", bytes.len()));
    }
    let mut rest = bytes.as_slice();
    sizes
        .iter()
        .map(|&size| {
            let (table, after) = rest.split_at(size);
            rest = after;
            let words = table.chunks_exact(8);
            words.map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes"))).collect()
        })
        .collect()
}

/// What tells other cells apart: the cells as coefficients of a polynomial, at 7.
pub fn checksum(cells: &[u64]) -> u64 {
    let horner = |sum: u128, &cell: &u64| (7 * sum + u128::from(cell)) % u128::from(P);
    cells.iter().rev().fold(0, horner) as u64
}

/// Small tables of which every row takes what it posts itself; `forged`: one row takes a value
/// that nobody posts.
pub fn small(log_heights: &[usize], forged: bool) -> Vec<Vec<u64>> {
    let starts = starts(log_heights);
    let mut tables: Vec<Vec<u64>> = log_heights
        .iter()
        .zip(&starts)
        .map(|(&log, &start)| {
            let mut cells = vec![0; WIDTH << log];
            for (number, row) in (start..).zip(cells.chunks_exact_mut(WIDTH)) {
                row[NUMBER] = number;
                row[PLACE] = number;
                row[POSTED] = 1;
                row[TAKEN] = 1;
                for value in 0..VALUES {
                    row[POST + value] = 1000 * number + value as u64;
                    row[TAKE + value] = row[POST + value];
                }
            }
            cells
        })
        .collect();
    if forged {
        tables[1][5 * WIDTH + TAKE + 3] += 1;
    }
    tables
}
