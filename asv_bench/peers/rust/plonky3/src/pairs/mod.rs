//! The Fibonacci pairs with Plonky3's uni-stark.

mod air;

use air::FibonacciPairs;
use p3_air::symbolic::AirLayout;
use p3_field::PrimeCharacteristicRing;
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_matrix::dense::RowMajorMatrix;
use p3_uni_stark::{OpeningShape, Proof, ProvenSecurity, StarkSecurityParams, prove, verify};
use peer_harness::pairs::public_values;
use peer_harness::{Label, Peer, Request, fail, measure};

use crate::config::{
    COLLISION_BITS, Challenge, Config, EXTENSION_BITS, Val, config, elements, fri,
};

struct Pairs<const N: usize> {
    request: Request,
    air: FibonacciPairs,
    config: Config<N>,
    security: StarkSecurityParams,
    publics: Vec<Val>,
}

impl<const N: usize> Pairs<N> {
    fn new(request: Request, publics: &[u64]) -> Self {
        let fri = fri::<N>(&request);
        let air = FibonacciPairs { sequences: request.columns / 2 };
        let domain = TwoAdicMultiplicativeCoset::new(Val::ONE, request.log_rows);
        let security = StarkSecurityParams::from_air::<Val, Challenge, _>(
            fri.security_regime(),
            &air,
            AirLayout::from_air::<Val>(&air),
            domain.expect("a subgroup of this size"),
            EXTENSION_BITS,
            COLLISION_BITS,
            2,
            OpeningShape::new(),
            fri.grinding_sites(),
        );
        let config = config(&request);
        let publics = elements(publics);
        Self { request, air, config, security, publics }
    }
}

impl<const N: usize> Peer for Pairs<N> {
    type Trace = RowMajorMatrix<Val>;
    type Proof = Proof<Config<N>>;

    fn trace(&self) -> Self::Trace {
        let (rows, width) = (self.request.rows(), self.request.columns);
        let mut values = Val::zero_vec(rows * width);
        values[..width].copy_from_slice(&self.publics[..width]);
        for row in 1..rows {
            let (above, below) = values[(row - 1) * width..(row + 1) * width].split_at_mut(width);
            for left in 0..width / 2 {
                let right = width / 2 + left;
                below[left] = above[left] + above[right];
                below[right] = above[right] + below[left];
            }
        }
        RowMajorMatrix::new(values, width)
    }

    fn prove(&self, trace: Self::Trace) -> Self::Proof {
        prove(&self.config, &self.air, trace, &self.publics)
            .unwrap_or_else(|error| fail(&format!("{error:?}")))
    }

    fn to_bytes(&self, proof: &Self::Proof) -> Vec<u8> {
        bincode::serialize(proof).expect("a proof serialises")
    }

    fn verify(&self, bytes: &[u8], publics: &[u64]) -> Result<(), impl std::fmt::Debug> {
        let proof: Self::Proof = bincode::deserialize(bytes).map_err(|error| error.to_string())?;
        verify(&self.config, &self.air, &proof, &elements(publics))
            .map_err(|error| format!("{error:?}"))
    }

    fn proven_bits(&self, _: &Self::Proof) -> (u32, u32) {
        let bits = ProvenSecurity::compute(&self.security, self.request.rows());
        (bits.unique_decoding_bits as u32, bits.list_decoding_bits as u32)
    }
}

pub fn run<const N: usize>(request: Request) {
    let publics = public_values(&request);
    let peer = Pairs::<N>::new(request.clone(), &publics);
    let label = Label {
        prover: "plonky3",
        package: "p3-uni-stark",
        hash: "keccak256",
        parallel: cfg!(feature = "parallel"),
        rows: request.rows(),
        columns: request.columns,
        result: publics[request.columns..].to_vec(),
    };
    measure(&peer, &request, &publics, &label);
}
