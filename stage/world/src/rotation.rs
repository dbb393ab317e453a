//! Which target a request goes to.

use crate::Backend;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

/// A rule's backends, and where their turns stand.
///
/// Target groups take turns by smooth weighted rotation: of any hundred requests in a row, a group with a weight of 10 in
/// 100 gets ten, evenly spread. Inside a group the targets take turns.
#[derive(Debug, Default)]
pub(crate) struct Rotation {
    backends: Vec<Backend>,
    credit: Vec<i64>,
    turns: BTreeMap<String, usize>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The target group's name.
    pub target_group: String,
    /// None if the target group is empty.
    pub target: Option<SocketAddrV4>,
}

impl Rotation {
    /// From now on, forwards like this. Turns go on where they were unless the weights are other ones.
    pub(crate) fn set(&mut self, backends: Vec<Backend>) {
        let weights = |backends: &[Backend]| -> Vec<(String, u32)> {
            backends.iter().map(|backend| (backend.target_group.clone(), backend.weight)).collect()
        };
        if weights(&self.backends) != weights(&backends) {
            self.credit = vec![0; backends.len()];
        }
        self.backends = backends;
    }

    /// The next request's way; none if nothing has a weight.
    pub(crate) fn choose(&mut self) -> Option<Choice> {
        let total: i64 = self.backends.iter().map(|backend| i64::from(backend.weight)).sum();
        for (credit, backend) in self.credit.iter_mut().zip(&self.backends) {
            *credit += i64::from(backend.weight);
        }
        // the first of those with the most credit
        let richest = |best: Option<usize>, index: usize| match best {
            Some(best) if self.credit.get(best) >= self.credit.get(index) => Some(best),
            _ => Some(index),
        };
        let chosen = (0..self.backends.len()).filter(|&index| self.backends[index].weight > 0).fold(None, richest)?;
        if let Some(credit) = self.credit.get_mut(chosen) {
            *credit -= total;
        }
        let backend = self.backends.get(chosen)?;
        let turn = self.turns.entry(backend.target_group.clone()).or_default();
        let target = backend.targets.get(*turn % backend.targets.len().max(1)).copied();
        *turn = turn.wrapping_add(1);
        Some(Choice { target_group: backend.target_group.clone(), target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn backend(name: &str, weight: u32, targets: u8) -> Backend {
        let target = |last| SocketAddrV4::new(Ipv4Addr::new(127, 0, 1, last), 80);
        Backend { target_group: name.into(), weight, targets: (0..targets).map(target).collect() }
    }

    fn groups(rotation: &mut Rotation, count: usize) -> String {
        (0..count).map(|_| rotation.choose().unwrap().target_group).collect()
    }

    #[test]
    fn ten_percent_are_one_of_every_ten() {
        let mut rotation = Rotation::default();
        rotation.set(vec![backend("b", 90, 1), backend("g", 10, 1)]);
        for _ in 0..10 {
            assert_eq!(groups(&mut rotation, 10).matches('g').count(), 1);
        }
    }

    #[test]
    fn a_change_of_targets_does_not_start_over() {
        let mut rotation = Rotation::default();
        rotation.set(vec![backend("b", 1, 1), backend("g", 1, 1)]);
        assert_eq!(groups(&mut rotation, 1), "b");
        rotation.set(vec![backend("b", 1, 2), backend("g", 1, 1)]);
        assert_eq!(groups(&mut rotation, 1), "g");
    }

    #[test]
    fn targets_of_a_group_take_turns() {
        let mut rotation = Rotation::default();
        rotation.set(vec![backend("b", 1, 3)]);
        let last = |choice: Choice| choice.target.unwrap().ip().octets()[3];
        let order: Vec<u8> = (0..4).map(|_| last(rotation.choose().unwrap())).collect();
        assert_eq!(order, [0, 1, 2, 0]);
    }

    #[test]
    fn nowhere_to_go() {
        let mut rotation = Rotation::default();
        assert_eq!(rotation.choose(), None);
        rotation.set(vec![backend("b", 0, 1)]);
        assert_eq!(rotation.choose(), None);
        rotation.set(vec![backend("b", 1, 0)]);
        assert_eq!(rotation.choose(), Some(Choice { target_group: "b".into(), target: None }));
    }
}
