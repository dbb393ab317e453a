//! Addresses that no request of a plan may reach.

use super::HttpError;
use std::net::{IpAddr, Ipv6Addr};

/// EC2's instance metadata, in IPv6.
const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// Whether a request may go to this address. Link-local addresses hold credentials: those of EC2's metadata and of ECS's.
pub(super) fn is_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_link_local() && !address.is_unspecified() && !address.is_broadcast(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_allowed(address.into()),
            None => address != METADATA && !address.is_unicast_link_local() && !address.is_unspecified(),
        },
    }
}

/// Refuses a host that is written as an address no request may go to. Names are checked when they are resolved.
pub(super) fn check_host(host: &str) -> Result<(), HttpError> {
    match literal(host) {
        Some(address) if !is_allowed(address) => Err(HttpError::Forbidden(host.to_owned())),
        _ => Ok(()),
    }
}

/// Whether this host is the machine itself, where Lambda's Runtime API listens.
pub(super) fn is_own(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || literal(host).is_some_and(|address| address.is_loopback())
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn link_local_addresses_are_not_asked() {
        let table = [
            ("10.0.1.7", true),
            ("127.0.0.1", true),
            ("203.0.113.9", true),
            ("169.254.169.254", false),
            ("169.254.170.2", false),
            ("0.0.0.0", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("::ffff:169.254.169.254", false),
            ("fd12:3456::1", true),
        ];
        for (address, expected) in table {
            assert_eq!(is_allowed(address.parse().unwrap()), expected, "{address}");
        }
    }
}
