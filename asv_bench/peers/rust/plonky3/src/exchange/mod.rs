//! The exchange with Plonky3's batch-stark and LogUp.

mod air;

use air::Exchange;
use p3_air::BaseAir;
use p3_air::symbolic::AirLayout;
use p3_batch_stark::symbolic::{get_max_constraint_degree, get_symbolic_constraints};
use p3_batch_stark::{
    BatchProof, CommonData, ProverData, StarkInstance, num_batched_openings, prove_batch,
    verify_batch,
};
use p3_lookup::LogUpGadget;
use p3_matrix::dense::RowMajorMatrix;
use p3_uni_stark::{OpeningShape, ProvenSecurity, StarkSecurityParams};
use peer_harness::exchange::{WIDTH, checksum, log_heights, read, small, starts};
use peer_harness::{Label, Peer, Request, fail, measure};

use crate::config::{
    COLLISION_BITS, Challenge, Config, EXTENSION_BITS, Val, config, elements, fri,
};

/// Degree up to which messages of a bus share a column: the most that blowup 2 allows.  By itself
/// Plonky3 stays at the degree of the other constraints, 2 here: 16 columns instead of 8.
const LOOKUP_DEGREE: usize = 3;
/// log2 of the heights of the tables that show a forgery to be refused.
const SMALL: [usize; 4] = [11, 10, 10, 9];

struct Tables<const N: usize> {
    request: Request,
    airs: Vec<Exchange>,
    traces: Vec<RowMajorMatrix<Val>>,
    config: Config<N>,
    data: ProverData<Config<N>>,
}

impl<const N: usize> Tables<N> {
    fn new(request: &Request, log_heights: &[usize], cells: &[Vec<u64>]) -> Self {
        let config = config(request);
        let airs = airs(&starts(log_heights));
        let matrix = |cells: &Vec<u64>| RowMajorMatrix::new(elements(cells), WIDTH);
        let data = ProverData::from_airs_and_degrees_with_lookup_budgets(
            &config,
            &airs,
            log_heights,
            &vec![LOOKUP_DEGREE; airs.len()],
            request.log_blowup,
        )
        .unwrap_or_else(|error| fail(&format!("{error:?}")));
        let traces = cells.iter().map(matrix).collect();
        Self { request: request.clone(), airs, traces, config, data }
    }

    fn common(&self) -> &CommonData<Config<N>> {
        &self.data.common
    }

    /// Whether the traces have a proof that is accepted.
    fn holds(&self) -> bool {
        let bytes = self.to_bytes(&self.prove(()));
        self.verify(&bytes, &starts(&self.log_heights())).is_ok()
    }

    fn log_heights(&self) -> Vec<usize> {
        let height = |trace: &RowMajorMatrix<Val>| trace.values.len() / WIDTH;
        self.traces.iter().map(|trace| height(trace).ilog2() as usize).collect()
    }
}

fn airs(starts: &[u64]) -> Vec<Exchange> {
    starts.iter().map(|&start| Exchange { start }).collect()
}

impl<const N: usize> Peer for Tables<N> {
    /// The prover borrows the traces.
    type Trace = ();
    type Proof = BatchProof<Config<N>>;

    fn trace(&self) -> Self::Trace {}

    fn prove(&self, _: Self::Trace) -> Self::Proof {
        let traces: Vec<_> = self.traces.iter().collect();
        let publics = vec![vec![]; traces.len()];
        let instances = StarkInstance::new_multiple(&self.airs, &traces, &publics);
        prove_batch(&self.config, &instances, &self.data)
            .unwrap_or_else(|error| fail(&format!("{error:?}")))
    }

    fn to_bytes(&self, proof: &Self::Proof) -> Vec<u8> {
        bincode::serialize(proof).expect("a proof serialises")
    }

    fn verify(&self, bytes: &[u8], starts: &[u64]) -> Result<(), impl std::fmt::Debug> {
        let proof: Self::Proof = bincode::deserialize(bytes).map_err(|error| error.to_string())?;
        let publics = vec![vec![]; starts.len()];
        verify_batch(&self.config, &airs(starts), &proof, &publics, self.common())
            .map_err(|error| format!("{error:?}"))
    }

    /// Without a term for the lookup argument, which the estimator for one table does not have.
    fn proven_bits(&self, _: &Self::Proof) -> (u32, u32) {
        let fri = fri::<N>(&self.request);
        let heights = self.log_heights();
        let (mut constraints, mut degree, mut openings, mut chunks) = (0, 0, 0, 0);
        for ((air, lookups), &log) in self.airs.iter().zip(&self.common().lookups).zip(&heights) {
            let layout = AirLayout { main_width: BaseAir::<Val>::width(air), ..Default::default() };
            let gadget = LogUpGadget::new();
            let (base, extension) =
                get_symbolic_constraints::<Val, Challenge, _, _>(air, layout, lookups, &gadget);
            constraints = constraints.max(base.len() + extension.len());
            degree = degree.max(get_max_constraint_degree::<Val, Challenge, _, _>(
                air,
                layout,
                1 << log,
                lookups,
                &gadget,
            ));
            chunks = (degree - 1).next_power_of_two();
            let shape = OpeningShape::new();
            openings +=
                num_batched_openings(WIDTH, true, 0, false, chunks, lookups.len(), 3, shape);
        }
        let security = StarkSecurityParams::new(
            fri.security_regime(),
            EXTENSION_BITS,
            COLLISION_BITS,
            constraints,
            degree,
            2,
            openings,
            chunks,
        )
        .with_grinding(fri.grinding_sites());
        let tallest = heights.into_iter().max().expect("four tables");
        let bits = ProvenSecurity::compute(&security, 1 << tallest);
        (bits.unique_decoding_bits as u32, bits.list_decoding_bits as u32)
    }
}

pub fn run<const N: usize>(request: Request) {
    let forgery = |forged| Tables::<N>::new(&request, &SMALL, &small(&SMALL, forged)).holds();
    if !forgery(false) {
        fail("a small exchange is refused");
    }
    if forgery(true) {
        fail("a row takes what nobody posted, and the proof is accepted");
    }
    let heights = log_heights(&request);
    let cells = read(request.traces.as_deref().expect("a file of traces"), &heights);
    let sums = cells.iter().map(|table| checksum(table));
    let result = starts(&heights).into_iter().chain(sums).collect();
    let peer = Tables::<N>::new(&request, &heights, &cells);
    drop(cells);
    let label = Label {
        prover: "plonky3",
        package: "p3-batch-stark",
        hash: "keccak256",
        parallel: cfg!(feature = "parallel"),
        rows: heights.iter().map(|log| 1 << log).sum(),
        columns: WIDTH,
        result,
    };
    measure(&peer, &request, &starts(&heights), &label);
}
