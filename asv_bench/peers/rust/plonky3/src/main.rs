//! Plonky3: the Fibonacci pairs, or with a file of traces the tables that exchange messages.

mod config;
mod exchange;
mod pairs;

use peer_harness::Request;

fn main() {
    let request = Request::from_arguments();
    match (request.traces.is_some(), request.log_tree_arity) {
        (false, 2) => pairs::run::<4>(request),
        (false, _) => pairs::run::<2>(request),
        (true, 2) => exchange::run::<4>(request),
        (true, _) => exchange::run::<2>(request),
    }
}
