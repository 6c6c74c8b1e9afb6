//! The Fibonacci pairs as Plonky3 describes tables.

use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};

pub struct FibonacciPairs {
    pub sequences: usize,
}

impl<F> BaseAir<F> for FibonacciPairs {
    fn width(&self) -> usize {
        2 * self.sequences
    }

    fn num_public_values(&self) -> usize {
        4 * self.sequences
    }

    fn num_constraints(&self) -> Option<usize> {
        Some(6 * self.sequences)
    }

    /// A selector times a difference of columns.
    fn max_constraint_degree(&self) -> Option<usize> {
        Some(2)
    }
}

impl<AB: AirBuilder> Air<AB> for FibonacciPairs {
    fn eval(&self, builder: &mut AB) {
        let main = builder.main();
        let (now, next) = (main.current_slice(), main.next_slice());
        let width = 2 * self.sequences;
        for l in 0..self.sequences {
            let r = self.sequences + l;
            let publics = builder.public_values();
            let start = [publics[l], publics[r]];
            let end = [publics[width + l], publics[width + r]];
            let pair: [AB::Expr; 2] = [now[l].into(), now[r].into()];
            builder.when_first_row().assert_zeros([
                pair[0].clone() - start[0].into(),
                pair[1].clone() - start[1].into(),
            ]);
            builder.when_transition().assert_zeros([
                pair[0].clone() + pair[1].clone() - next[l].into(),
                pair[1].clone() + next[l].into() - next[r].into(),
            ]);
            let [left, right] = pair;
            builder.when_last_row().assert_zeros([left - end[0].into(), right - end[1].into()]);
        }
    }
}
