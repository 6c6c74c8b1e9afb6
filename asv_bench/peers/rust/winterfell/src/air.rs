//! The Fibonacci pairs as winterfell describes tables.

use winterfell::math::fields::f64::BaseElement;
use winterfell::math::{FieldElement, ToElements};
use winterfell::{
    Air, AirContext, Assertion, EvaluationFrame, ProofOptions, TraceInfo,
    TransitionConstraintDegree,
};

/// The first row, then the last.
#[derive(Clone)]
pub struct Publics(pub Vec<BaseElement>);

impl ToElements<BaseElement> for Publics {
    fn to_elements(&self) -> Vec<BaseElement> {
        self.0.clone()
    }
}

pub struct FibonacciPairs {
    context: AirContext<BaseElement>,
    publics: Publics,
}

impl Air for FibonacciPairs {
    type BaseField = BaseElement;
    type PublicInputs = Publics;

    fn new(info: TraceInfo, publics: Publics, options: ProofOptions) -> Self {
        let width = info.width();
        assert_eq!(publics.0.len(), 2 * width, "a first and a last row");
        let degrees = vec![TransitionConstraintDegree::new(1); width];
        Self { context: AirContext::new(info, degrees, 2 * width, options), publics }
    }

    fn context(&self) -> &AirContext<BaseElement> {
        &self.context
    }

    fn evaluate_transition<E: FieldElement<BaseField = BaseElement>>(
        &self,
        frame: &EvaluationFrame<E>,
        _periodic: &[E],
        result: &mut [E],
    ) {
        let (now, next) = (frame.current(), frame.next());
        let sequences = now.len() / 2;
        for left in 0..sequences {
            let right = sequences + left;
            result[left] = now[left] + now[right] - next[left];
            result[right] = now[right] + next[left] - next[right];
        }
    }

    fn get_assertions(&self) -> Vec<Assertion<BaseElement>> {
        let width = self.trace_info().width();
        let (first, last) = self.publics.0.split_at(width);
        let end = self.trace_length() - 1;
        [(0, first), (end, last)]
            .into_iter()
            .flat_map(|(step, row)| {
                row.iter()
                    .enumerate()
                    .map(move |(column, &value)| Assertion::single(column, step, value))
            })
            .collect()
    }
}
