//! The sizes that Fargate has.
//!
//! See <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html>.

use std::fmt;

/// One CPU size and the memory sizes that go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fargate {
    /// CPU units: 1024 are one vCPU.
    pub cpu: u32,
    memory: Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    These(&'static [u32]),
    Steps { from: u32, to: u32, by: u32 },
}

/// All of them.
const SIZES: [Fargate; 7] = [
    Fargate { cpu: 256, memory: Memory::These(&[512, 1024, 2048]) },
    Fargate { cpu: 512, memory: Memory::Steps { from: 1024, to: 4096, by: 1024 } },
    Fargate { cpu: 1024, memory: Memory::Steps { from: 2048, to: 8192, by: 1024 } },
    Fargate { cpu: 2048, memory: Memory::Steps { from: 4096, to: 16384, by: 1024 } },
    Fargate { cpu: 4096, memory: Memory::Steps { from: 8192, to: 30720, by: 1024 } },
    Fargate { cpu: 8192, memory: Memory::Steps { from: 16384, to: 61440, by: 4096 } },
    Fargate { cpu: 16384, memory: Memory::Steps { from: 32768, to: 122_880, by: 8192 } },
];

impl Fargate {
    /// The size with this many CPU units.
    pub fn of(cpu: u32) -> Option<Self> {
        SIZES.into_iter().find(|size| size.cpu == cpu)
    }

    /// All sizes, the smallest first.
    pub fn all() -> impl Iterator<Item = Self> {
        SIZES.into_iter()
    }

    /// The memory sizes in MiB.
    pub fn memory(self) -> Vec<u32> {
        match self.memory {
            Memory::These(sizes) => sizes.to_vec(),
            Memory::Steps { from, to, by } => (from..=to).step_by(by as usize).collect(),
        }
    }

    /// Whether a task of this size can have so much memory (MiB).
    pub fn takes(self, memory: u32) -> bool {
        self.memory().contains(&memory)
    }
}

impl fmt::Display for Fargate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory: Vec<String> = self.memory().iter().map(u32::to_string).collect();
        f.write_str(&memory.join(", "))
    }
}

/// CPU units from `"1024"` or `"1 vCPU"`.
pub(super) fn cpu_units(text: &str) -> Option<u32> {
    with_unit(text, "vcpu")
}

/// MiB from `"2048"` or `"2 GB"`.
pub(super) fn mebibytes(text: &str) -> Option<u32> {
    with_unit(text, "gb")
}

/// A plain number, or a number of 1024s before the unit.
fn with_unit(text: &str, unit: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    let Some(number) = text.strip_suffix(unit) else { return text.parse().ok() };
    let number: f64 = number.trim().parse().ok()?;
    let units = number * 1024.0;
    if !(1.0..=1_048_576.0).contains(&units) || units.fract() != 0.0 {
        return None;
    }
    format!("{units:.0}").parse().ok()
}
