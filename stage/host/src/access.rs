//! What the load balancer writes down.

use std::net::SocketAddrV4;
use std::time::Duration;

/// One request that came to a listener, as an access log entry of an Application Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The listener's ARN.
    pub listener: String,
    /// The name of the target group that was chosen.
    pub target_group: Option<String>,
    /// The target that was chosen.
    pub target: Option<SocketAddrV4>,
    /// The status the client got.
    pub status: u16,
    /// From the request's head to the response's head, in real time.
    pub duration: Duration,
}
