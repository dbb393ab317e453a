//! Names that ECS gives: ids, ARNs, addresses.

use super::task::Status;
use crate::World;
use std::net::Ipv4Addr;

/// So many random hexadecimal digits.
pub(super) fn hex(world: &mut World, digits: usize) -> String {
    (0..digits).map(|_| char::from_digit(u32::from(world.rng.u8(0..16)), 16).unwrap_or('0')).collect()
}

/// A random UUID, version 4.
pub(super) fn uuid(world: &mut World) -> String {
    crate::random::uuid(&mut world.rng)
}

/// `ecs-svc/` and 19 digits.
pub(super) fn task_set(world: &mut World) -> String {
    format!("ecs-svc/9{:018}", world.rng.u64(0..1_000_000_000_000_000_000))
}

/// A locally administered MAC address.
pub(super) fn mac(world: &mut World) -> String {
    (0..5).fold("0a".to_owned(), |mac, _| format!("{mac}:{}", hex(world, 2)))
}

/// An address of the network that no living task has.
pub(super) fn address(world: &mut World) -> Ipv4Addr {
    let [first, second, ..] = world.setup.network.octets();
    let mut address = Ipv4Addr::new(first, second, 0, 1);
    for _ in 0..u16::MAX {
        world.ecs.last_address = world.ecs.last_address.wrapping_add(1);
        let [third, fourth] = world.ecs.last_address.to_be_bytes();
        address = Ipv4Addr::new(first, second, third, fourth);
        let taken = || world.ecs.tasks.values().any(|task| task.ip == address && task.status != Status::Stopped);
        if (1..255).contains(&fourth) && !taken() {
            break;
        }
    }
    address
}

/// A cluster's name, from its name or ARN; without one it is `default`.
pub(super) fn cluster(cluster: Option<&str>) -> String {
    last(cluster.filter(|name| !name.is_empty()).unwrap_or("default"))
}

/// What stands behind the last slash of an ARN, or the name itself.
pub(super) fn last(name_or_arn: &str) -> String {
    if !name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    name_or_arn.rsplit_once('/').map_or(name_or_arn, |(_, name)| name).to_owned()
}

/// A cluster's ARN.
pub(super) fn cluster_arn(world: &World, name: &str) -> String {
    world.arn("ecs", &format!("cluster/{name}"))
}

/// A service's ARN.
pub(super) fn service_arn(world: &World, cluster: &str, name: &str) -> String {
    world.arn("ecs", &format!("service/{cluster}/{name}"))
}
