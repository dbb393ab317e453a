//! The numbers that a field names.

/// Numbers from 0 to 255, as bits. A year is counted from the first that there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Set([u64; 4]);

impl Set {
    pub(crate) fn add(&mut self, number: u8) {
        if let Some(word) = self.0.get_mut(usize::from(number / 64)) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn has(&self, number: u8) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// All of them, ascending.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|number| self.has(*number))
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}
