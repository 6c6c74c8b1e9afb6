//! winterfell: Goldilocks (its `f64`), the cubic extension, BLAKE3 with 256 bits.

mod air;
mod prover;

use air::{FibonacciPairs, Publics};
use peer_harness::pairs::public_values;
use peer_harness::{Label, Peer, Request, fail, measure};
use prover::{Coin, Hash, PairsProver, Tree};
use winterfell::math::FieldElement;
use winterfell::math::fields::f64::BaseElement;
use winterfell::{
    AcceptableOptions, BatchingMethod, FieldExtension, Proof, ProofOptions, Prover, TraceTable,
    verify,
};

struct Winterfell {
    request: Request,
    prover: PairsProver,
}

impl Winterfell {
    fn new(request: Request, publics: &[u64]) -> Self {
        if request.queries > 255 || request.log_final_length > 8 || request.columns > 254 {
            fail("winterfell has at most 255 queries, 256 final coefficients, 254 columns here");
        }
        let options = ProofOptions::new(
            request.queries,
            1 << request.log_blowup,
            request.grinding as u32,
            FieldExtension::Cubic,
            1 << request.log_fri_arity,
            (1 << request.log_final_length) - 1,
            BatchingMethod::Algebraic, // powers of one challenge, as the others draw them
            BatchingMethod::Algebraic,
        );
        Self { request, prover: PairsProver { options, publics: elements(publics) } }
    }
}

fn elements(values: &[u64]) -> Publics {
    Publics(values.iter().map(|&value| BaseElement::new(value)).collect())
}

impl Peer for Winterfell {
    type Trace = TraceTable<BaseElement>;
    type Proof = Proof;

    fn trace(&self) -> Self::Trace {
        let (rows, sequences) = (self.request.rows(), self.request.columns / 2);
        let mut columns = vec![vec![BaseElement::ZERO; rows]; 2 * sequences];
        for sequence in 0..sequences {
            let mut left = self.prover.publics.0[sequence];
            let mut right = self.prover.publics.0[sequences + sequence];
            for row in 0..rows {
                columns[sequence][row] = left;
                columns[sequences + sequence][row] = right;
                left += right;
                right += left;
            }
        }
        TraceTable::init(columns)
    }

    fn prove(&self, trace: Self::Trace) -> Proof {
        self.prover.prove(trace).unwrap_or_else(|error| fail(&format!("{error:?}")))
    }

    fn to_bytes(&self, proof: &Proof) -> Vec<u8> {
        proof.to_bytes()
    }

    fn verify(&self, bytes: &[u8], publics: &[u64]) -> Result<(), impl std::fmt::Debug> {
        let proof = Proof::from_bytes(bytes).map_err(|error| error.to_string())?;
        let accepted = AcceptableOptions::OptionSet(vec![self.prover.options.clone()]);
        verify::<FibonacciPairs, Hash, Coin, Tree>(proof, elements(publics), &accepted)
            .map_err(|error| error.to_string())
    }

    fn proven_bits(&self, proof: &Proof) -> (u32, u32) {
        let bits = proof.proven_security::<Hash>();
        (bits.udr_bits(), bits.ldr_bits())
    }
}

fn main() {
    let request = Request::from_arguments();
    if request.traces.is_some() {
        fail("winterfell has no lookups");
    }
    let publics = public_values(&request);
    let peer = Winterfell::new(request.clone(), &publics);
    let label = Label {
        prover: "winterfell",
        package: "winterfell",
        hash: "blake3",
        parallel: cfg!(feature = "parallel"),
        rows: request.rows(),
        columns: request.columns,
        result: publics[request.columns..].to_vec(),
    };
    measure(&peer, &request, &publics, &label);
}
