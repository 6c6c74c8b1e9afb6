//! Plonky3's uni-stark with two-adic FRI: Goldilocks, its cubic extension, Keccak.
//!
//! Trees and leaves are hashed by the sponge over Keccak-f, as many states at once as the build's
//! vectors hold; nodes have two children or four (four digests still fit one permutation).

mod air;

use air::FibonacciPairs;
use p3_air::symbolic::AirLayout;
use p3_challenger::{HashChallenger, SerializingChallenger64};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DFTSmallBatch;
use p3_field::PrimeCharacteristicRing;
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_field::extension::CubicTrinomialExtensionField;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_goldilocks::Goldilocks;
use p3_keccak::{Keccak256Hash, KeccakF, VECTOR_LEN};
use p3_matrix::dense::RowMajorMatrix;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, PaddingFreeSponge, SerializingHasher};
use p3_uni_stark::{
    OpeningShape, Proof, ProvenSecurity, StarkConfig, StarkSecurityParams, prove, verify,
};
use peer_harness::{Label, Peer, Request, fail, measure, public_values};

type Val = Goldilocks;
type Challenge = CubicTrinomialExtensionField<Val>;
/// 17 of the 25 lanes take input, 4 give the digest: the rate of Keccak-256.
type Sponge = PaddingFreeSponge<KeccakF, 25, 17, 4>;
type Leaf = SerializingHasher<Sponge>;
type Node<const N: usize> = CompressionFunctionFromHasher<Sponge, N, 4>;
type ValMmcs<const N: usize> =
    MerkleTreeMmcs<[Val; VECTOR_LEN], [u64; VECTOR_LEN], Leaf, Node<N>, N, 4>;
type ChallengeMmcs<const N: usize> = ExtensionMmcs<Val, Challenge, ValMmcs<N>>;
/// 7 % less time for whole proofs of 2^18 rows of 32 columns than `Radix2DitParallel`.
type Dft = Radix2DFTSmallBatch<Val>;
type Pcs<const N: usize> = TwoAdicFriPcs<Val, Dft, ValMmcs<N>, ChallengeMmcs<N>>;
type Challenger = SerializingChallenger64<Val, HashChallenger<u8, Keccak256Hash, 32>>;
type Config<const N: usize> = StarkConfig<Pcs<N>, Challenge, Challenger>;

struct Plonky3<const N: usize> {
    request: Request,
    air: FibonacciPairs,
    config: Config<N>,
    security: StarkSecurityParams,
    publics: Vec<Val>,
}

impl<const N: usize> Plonky3<N> {
    fn new(request: Request, publics: &[u64]) -> Self {
        let sponge = Sponge::new(KeccakF {});
        let trees = ValMmcs::<N>::new(Leaf::new(sponge), Node::<N>::new(sponge), 0);
        let fri = FriParameters {
            log_blowup: request.log_blowup,
            log_final_poly_len: request.log_final_length,
            max_log_arity: request.log_fri_arity,
            num_queries: request.queries,
            batch_proof_of_work_bits: 0,
            commit_proof_of_work_bits: 0,
            query_proof_of_work_bits: request.grinding,
            mmcs: ChallengeMmcs::<N>::new(trees.clone()),
        };
        let air = FibonacciPairs { sequences: request.columns / 2 };
        let domain = TwoAdicMultiplicativeCoset::new(Val::ONE, request.log_rows);
        let security = StarkSecurityParams::from_air::<Val, Challenge, _>(
            fri.security_regime(),
            &air,
            AirLayout::from_air::<Val>(&air),
            domain.expect("a subgroup of this size"),
            191, // log2 of the size of the extension, rounded down
            128,
            2,
            OpeningShape::new(),
            fri.grinding_sites(),
        );
        let challenger = Challenger::from_hasher(vec![], Keccak256Hash {});
        let config = Config::new(Pcs::new(Dft::default(), trees, fri), challenger);
        let publics = elements(publics);
        Self { request, air, config, security, publics }
    }
}

fn elements(values: &[u64]) -> Vec<Val> {
    values.iter().map(|&value| Val::from_u64(value)).collect()
}

impl<const N: usize> Peer for Plonky3<N> {
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

fn run<const N: usize>(request: Request) {
    let publics = public_values(&request);
    let peer = Plonky3::<N>::new(request.clone(), &publics);
    let label = Label {
        prover: "plonky3",
        package: "p3-uni-stark",
        hash: "keccak256",
        parallel: cfg!(feature = "parallel"),
    };
    measure(&peer, &request, &publics, &label);
}

fn main() {
    let request = Request::from_arguments();
    if request.log_tree_arity == 2 { run::<4>(request) } else { run::<2>(request) }
}
