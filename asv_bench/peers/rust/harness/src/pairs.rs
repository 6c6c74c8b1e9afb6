//! The Fibonacci pairs, as `cstark.machines.fib_pair` has them.
//!
//! Sequence s starts at the pair (s, s + 1); the next row of (left, right) is (left + right,
//! left + 2 right); first and last row are public.  Column s of the trace is the left one of
//! sequence s, column `sequences + s` its right one, and the public values stand in the same
//! order, the first row before the last.

use crate::{Request, add};

/// First row, then the row that follows it `rows` - 1 steps later: the public values.
pub fn public_values(request: &Request) -> Vec<u64> {
    let sequences = request.columns / 2;
    let starts = (0..sequences as u64).map(|s| (s, s + 1));
    let ends = starts.clone().map(|pair| advance(pair, request.rows() as u64 - 1));
    let mut values = Vec::with_capacity(2 * request.columns);
    for pairs in [starts.collect::<Vec<_>>(), ends.collect()] {
        values.extend(pairs.iter().map(|pair| pair.0));
        values.extend(pairs.iter().map(|pair| pair.1));
    }
    values
}

/// The pair `steps` rows further down.
fn advance((mut left, mut right): (u64, u64), steps: u64) -> (u64, u64) {
    for _ in 0..steps {
        left = add(left, right);
        right = add(left, right);
    }
    (left, right)
}
