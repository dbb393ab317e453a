//! Request throttling of ECS: operations share buckets of tokens, which fill again as time goes by.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>

use crate::World;
use jiff::Timestamp;

/// Operations that share a bucket, what it holds, and how many tokens a second it gets back.
struct Limit {
    operations: &'static [&'static str],
    holds: u32,
    a_second: u32,
}

const ECS: [Limit; 4] = [
    Limit { operations: &["RunTask", "StopTask"], holds: 100, a_second: 40 },
    Limit { operations: &["DescribeTasks", "ListTasks"], holds: 100, a_second: 20 },
    Limit { operations: &["DescribeServices"], holds: 100, a_second: 20 },
    Limit { operations: &["RegisterTaskDefinition"], holds: 20, a_second: 1 },
];

/// What the buckets hold.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: [Option<Bucket>; ECS.len()],
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// Whether a call is let through; it takes a token then.
pub(crate) fn lets(world: &mut World, service: &str, operation: &str) -> bool {
    if !world.setup.throttles_requests || service != "ecs" {
        return true;
    }
    let limits = ECS.iter().zip(&mut world.throttle.buckets);
    let Some((limit, bucket)) = limits.into_iter().find(|(limit, _)| limit.operations.contains(&operation)) else {
        return true;
    };
    let full = f64::from(limit.holds);
    let Bucket { tokens, at } = bucket.unwrap_or(Bucket { tokens: full, at: world.now });
    let since = world.now.duration_since(at).as_secs_f64();
    let tokens = (tokens + since * f64::from(limit.a_second)).min(full);
    let lets = tokens >= 1.0;
    *bucket = Some(Bucket { tokens: if lets { tokens - 1.0 } else { tokens }, at: world.now });
    lets
}

#[cfg(test)]
mod tests {
    use super::lets;
    use crate::{Setup, World};
    use std::time::Duration;

    fn let_through(world: &mut World, operation: &str, calls: usize) -> usize {
        (0..calls).filter(|_| lets(world, "ecs", operation)).count()
    }

    #[test]
    fn a_burst_is_let_through_and_then_so_many_a_second() {
        let mut world = World::new(Setup { throttles_requests: true, ..Setup::empty() }, Setup::EPOCH);
        assert_eq!(let_through(&mut world, "RunTask", 150), 100);
        // both take from one bucket; others have one of their own
        assert_eq!(let_through(&mut world, "StopTask", 1), 0);
        assert_eq!(let_through(&mut world, "ListTasks", 150), 100);
        assert_eq!(let_through(&mut world, "DescribeTaskDefinition", 1000), 1000);
        world.now += Duration::from_millis(500);
        assert_eq!(let_through(&mut world, "RunTask", 150), 20);
        assert_eq!(let_through(&mut world, "DescribeTasks", 150), 10);
        world.now += Duration::from_hours(1);
        assert_eq!(let_through(&mut world, "StopTask", 150), 100);
        assert!((0..1000).all(|_| lets(&mut world, "codedeploy", "GetDeployment")));
    }

    #[test]
    fn a_setup_says_whether_there_is_throttling() {
        let mut world = World::new(Setup::empty(), Setup::EPOCH);
        assert_eq!(let_through(&mut world, "RunTask", 1000), 1000);
    }
}
