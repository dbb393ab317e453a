//! What can go wrong before a simulation runs.

/// Why a simulation could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The runtime could not be built.
    #[error("cannot build the runtime of the simulation: {0}")]
    Runtime(#[from] std::io::Error),
}
