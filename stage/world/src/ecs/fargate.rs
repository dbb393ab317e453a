//! The sizes that Fargate has.

use crate::AwsError;

/// CPU units, and the memory (MiB) that goes with them: from, to, step.
const SIZES: &[(u32, u32, u32, u32)] = &[
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Whether Fargate has this pair of CPU units and MiB.
fn exists(cpu: u32, memory: u32) -> bool {
    if cpu == 256 {
        return matches!(memory, 512 | 1024 | 2048);
    }
    SIZES.iter().any(|(units, from, to, step)| {
        *units == cpu && (*from..=*to).contains(&memory) && (memory - from).is_multiple_of(*step)
    })
}

/// `1024`, `1 vCPU` or `.5vcpu` in units; `2048` or `2 GB` in MiB: a thousand and twenty-four make one.
fn units(text: &str, large: &str) -> Option<u32> {
    let lower = text.trim().to_ascii_lowercase();
    let Some(number) = lower.strip_suffix(large) else { return lower.parse().ok() };
    let number: f64 = number.trim().parse().ok()?;
    let whole = number * 1024.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (whole.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&whole)).then_some(whole as u32)
}

/// CPU units and MiB of a task, as its definition writes them.
pub(crate) fn size(cpu: &str, memory: &str) -> Option<(u32, u32)> {
    Some((units(cpu, "vcpu")?, units(memory, "gb")?)).filter(|(cpu, memory)| *cpu > 0 && *memory > 0)
}

/// Refuses sizes of a task that Fargate does not have.
pub(crate) fn check(cpu: Option<&str>, memory: Option<&str>) -> Result<(), AwsError> {
    let refuse = |message: String| Err(AwsError::client("ClientException", message));
    let Some(cpu) = cpu else { return refuse("Fargate requires that 'cpu' be defined at the task level.".to_owned()) };
    let Some(memory) = memory else {
        return refuse("Fargate requires that 'memory' be defined at the task level.".to_owned());
    };
    let Some(cpu) = units(cpu, "vcpu") else {
        return refuse(format!("Invalid 'cpu' setting for task. The value '{cpu}' is not a number of CPU units."));
    };
    let Some(memory) = units(memory, "gb") else {
        return refuse(format!("Invalid 'memory' setting for task. The value '{memory}' is not a number of MiB."));
    };
    if exists(cpu, memory) {
        return Ok(());
    }
    refuse(format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for the valid values."
    ))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn fargate_has_some_sizes_and_not_others() {
        for (cpu, memory, valid) in [
            ("256", "512", true),
            ("256", "3072", false),
            ("512", "4096", true),
            ("1024", "2048", true),
            ("1 vCPU", "2 GB", true),
            (".25 vCPU", "0.5GB", true),
            ("1024", "2560", false),
            ("8192", "20480", true),
            ("8192", "17408", false),
            ("16384", "122880", true),
            ("32768", "122880", false),
            ("lots", "512", false),
            ("256", "-1 GB", false),
        ] {
            assert_eq!(check(Some(cpu), Some(memory)).is_ok(), valid, "{cpu} {memory}");
        }
    }

    #[test]
    fn both_sizes_are_needed() {
        assert!(check(None, Some("512")).is_err());
        assert!(check(Some("256"), None).is_err());
    }
}
