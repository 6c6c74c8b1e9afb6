//! Plonky3 with two-adic FRI: Goldilocks, its cubic extension, Keccak.
//!
//! Trees and leaves are hashed by the sponge over Keccak-f, as many states at once as the build's
//! vectors hold; nodes have two children or four (four digests still fit one permutation).

use p3_challenger::{HashChallenger, SerializingChallenger64};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DFTSmallBatch;
use p3_field::PrimeCharacteristicRing;
use p3_field::extension::CubicTrinomialExtensionField;
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_goldilocks::Goldilocks;
use p3_keccak::{Keccak256Hash, KeccakF, VECTOR_LEN};
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{CompressionFunctionFromHasher, PaddingFreeSponge, SerializingHasher};
use p3_uni_stark::StarkConfig;
use peer_harness::Request;

pub type Val = Goldilocks;
pub type Challenge = CubicTrinomialExtensionField<Val>;
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
pub type Config<const N: usize> = StarkConfig<Pcs<N>, Challenge, Challenger>;
pub type Fri<const N: usize> = FriParameters<ChallengeMmcs<N>>;

/// log2 of the size of the extension, rounded down.
pub const EXTENSION_BITS: usize = 191;
/// Bits that a collision of two digests takes.
pub const COLLISION_BITS: usize = 128;

fn trees<const N: usize>() -> ValMmcs<N> {
    let sponge = Sponge::new(KeccakF {});
    ValMmcs::<N>::new(Leaf::new(sponge), Node::<N>::new(sponge), 0)
}

pub fn fri<const N: usize>(request: &Request) -> Fri<N> {
    FriParameters {
        log_blowup: request.log_blowup,
        log_final_poly_len: request.log_final_length,
        max_log_arity: request.log_fri_arity,
        num_queries: request.queries,
        batch_proof_of_work_bits: 0,
        commit_proof_of_work_bits: 0,
        query_proof_of_work_bits: request.grinding,
        mmcs: ChallengeMmcs::<N>::new(trees()),
    }
}

pub fn config<const N: usize>(request: &Request) -> Config<N> {
    let challenger = Challenger::from_hasher(vec![], Keccak256Hash {});
    Config::new(Pcs::new(Dft::default(), trees(), fri(request)), challenger)
}

pub fn elements(values: &[u64]) -> Vec<Val> {
    values.iter().map(|&value| Val::from_u64(value)).collect()
}
