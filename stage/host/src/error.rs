//! Why a stage does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a stage does not start.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The clock's speed makes no sense.
    #[error("the stage's time cannot pass at speed {speed}; give a number over zero")]
    Speed {
        /// The speed.
        speed: f64,
    },
    /// A port is taken, or the address is not this machine's.
    #[error("cannot listen on {address} for the {what}: {source}; free the port or choose another")]
    Listen {
        /// What was to listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Every network is taken.
    #[error("no loopback network is free for the tasks' addresses; end another stage first")]
    NoNetwork,
    /// The system refuses loopback addresses beside 127.0.0.1.
    #[error(
        "cannot use the loopback address {address}: {source}; on macOS add it first: `sudo ifconfig lo0 alias {address}`"
    )]
    Loopback {
        /// The address.
        address: std::net::Ipv4Addr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The scratch folder cannot be made.
    #[error("cannot make the scratch folder {}: {source}", path.display())]
    Scratch {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The process that outlives a crash to clean up cannot be started.
    #[error("cannot start `sh`, which ends processes that the stage leaves behind: {source}")]
    Watchdog {
        /// What the system says.
        source: std::io::Error,
    },
    /// A function has a role that is not there.
    #[error(
        "function {function} has the role {role}, which is not among the roles; add it, or the function could call nothing"
    )]
    NoRole {
        /// The function.
        function: String,
        /// The role.
        role: String,
    },
}
