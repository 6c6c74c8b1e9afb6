//! A table of the exchange as Plonky3 describes it.

use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder, PermutationCheckBus};
use peer_harness::exchange::{BUSES, NUMBER, PLACE, POST, POSTED, TAKE, TAKEN, VALUES, WIDTH};

#[derive(Clone)]
pub struct Exchange {
    /// Number of the first row.
    pub start: u64,
}

impl<F> BaseAir<F> for Exchange {
    fn width(&self) -> usize {
        WIDTH
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        vec![NUMBER]
    }
}

impl<AB: InteractionBuilder> Air<AB> for Exchange {
    fn eval(&self, builder: &mut AB) {
        let main = builder.main();
        let (now, next) = (main.current_slice(), main.next_slice());
        let cell = |column: usize| -> AB::Expr { now[column].into() };
        builder.when_first_row().assert_eq(cell(NUMBER), AB::Expr::from_u64(self.start));
        builder.when_transition().assert_eq(next[NUMBER].into(), cell(NUMBER) + AB::Expr::ONE);
        for (flag, first, end) in [(POSTED, POST, PLACE), (TAKEN, TAKE, WIDTH)] {
            builder.assert_bool(cell(flag));
            for column in first..end {
                builder.when(AB::Expr::ONE - cell(flag)).assert_zero(cell(column));
            }
        }
        builder.when(AB::Expr::ONE - cell(TAKEN)).assert_zero(cell(PLACE));
        for (pair, name) in BUSES.into_iter().enumerate() {
            let values = [2 * pair, (2 * pair + 1) % VALUES];
            let bus = PermutationCheckBus::new(name);
            let message = |number, first: usize| {
                [cell(number), cell(first + values[0]), cell(first + values[1])]
            };
            // flags, held to 0 or 1 above
            bus.send(builder, message(NUMBER, POST), Count::bounded(cell(POSTED), 1));
            bus.receive(builder, message(PLACE, TAKE), Count::bounded(cell(TAKEN), 1));
        }
    }
}
