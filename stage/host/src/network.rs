//! A network of loopback addresses for the tasks of one stage.

use crate::HostError;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

/// Whoever holds this port of a network's last address holds the network.
const PORT: u16 = 24_127;
/// Second bytes of the networks to choose from; low and high ones are left to other programs.
const NETWORKS: std::ops::Range<u8> = 64..192;

/// A /16 of loopback addresses that no other stage on this machine uses while this is held.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) base: Ipv4Addr,
    _held: TcpListener,
}

impl Network {
    /// Takes the first free network, beginning at one that differs from process to process.
    pub(crate) fn reserve() -> Result<Self, HostError> {
        let count = u32::from(NETWORKS.end - NETWORKS.start);
        let first = std::process::id() % count;
        for offset in 0..count {
            let second = u8::try_from((first + offset) % count).unwrap_or_default() + NETWORKS.start;
            let address = Ipv4Addr::new(127, second, 255, 254);
            match TcpListener::bind(SocketAddrV4::new(address, PORT)) {
                Ok(held) => return Ok(Self { base: Ipv4Addr::new(127, second, 0, 0), _held: held }),
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                Err(source) => return Err(HostError::Loopback { address, source }),
            }
        }
        Err(HostError::NoNetwork)
    }
}

/// Whether a task can use its address.
pub(crate) fn usable(ip: Ipv4Addr) -> Result<(), HostError> {
    TcpListener::bind(SocketAddrV4::new(ip, 0)).map(drop).map_err(|source| HostError::Loopback { address: ip, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stages_never_share_a_network() {
        let one = Network::reserve().unwrap();
        let other = Network::reserve().unwrap();
        assert_ne!(one.base, other.base);
    }
}
