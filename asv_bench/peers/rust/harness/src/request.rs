//! The command line, the same for every peer: `name=value` words, each with a default.

use std::path::PathBuf;
use std::process::exit;

/// What to prove, how often, with which parameters.
#[derive(Clone, Debug)]
pub struct Request {
    /// Of the Fibonacci pairs.
    pub log_rows: usize,
    /// Of the Fibonacci pairs, two for each sequence.
    pub columns: usize,
    /// Halvings of the tables that exchange messages.
    pub scale: usize,
    /// The cells of these tables: where there is a file, they are the statement.
    pub traces: Option<PathBuf>,
    /// The first of several is not counted.
    pub proofs: usize,
    pub log_blowup: usize,
    pub queries: usize,
    /// Bits of proof of work before the query positions.
    pub grinding: usize,
    pub log_fri_arity: usize,
    /// Log2 of the number of coefficients at which folding stops.
    pub log_final_length: usize,
    /// Log2 of the children of a node of the hash trees, where the prover lets one choose.
    pub log_tree_arity: usize,
}

impl Request {
    pub fn rows(&self) -> usize {
        1 << self.log_rows
    }

    /// From the words of the command line; ends the process when they make no sense.
    pub fn from_arguments() -> Self {
        let mut request = Request {
            log_rows: 16,
            columns: 32,
            scale: 0,
            traces: None,
            proofs: 2,
            log_blowup: 1,
            queries: 219,
            grinding: 0,
            log_fri_arity: 1,
            log_final_length: 0,
            log_tree_arity: 1,
        };
        for word in std::env::args().skip(1) {
            let Some((name, text)) = word.split_once('=') else { usage(&word) };
            if name == "traces" {
                request.traces = Some(text.into());
                continue;
            }
            let Ok(value) = text.parse::<usize>() else { usage(&word) };
            let (field, range) = match name {
                "log_rows" => (&mut request.log_rows, 3..=26),
                "columns" => (&mut request.columns, 2..=2048),
                "scale" => (&mut request.scale, 0..=9),
                "proofs" => (&mut request.proofs, 1..=100),
                "log_blowup" => (&mut request.log_blowup, 1..=6),
                "queries" => (&mut request.queries, 1..=1024),
                "grinding" => (&mut request.grinding, 0..=40),
                "log_fri_arity" => (&mut request.log_fri_arity, 1..=4),
                "log_final_length" => (&mut request.log_final_length, 0..=15),
                "log_tree_arity" => (&mut request.log_tree_arity, 1..=2),
                _ => usage(&word),
            };
            if !range.contains(&value) {
                usage(&word);
            }
            *field = value;
        }
        if request.columns % 2 == 1 {
            usage("an odd number of columns");
        }
        request
    }
}

fn usage(word: &str) -> ! {
    eprintln!(
        "error: {word:?}: expected name=value with log_rows, columns (even), scale, traces (a \
         file), proofs, log_blowup, queries, grinding, log_fri_arity, log_final_length, log_tree_arity"
    );
    exit(2)
}
