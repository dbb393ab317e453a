//! Ids as AWS's services make them, from the world's own seeded randomness.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A version 4 UUID.
pub(crate) fn uuid(rng: &mut fastrand::Rng) -> String {
    let bits = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let mut uuid = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// `length` upper-case letters and digits, as in a deployment's id.
pub(crate) fn letters_and_digits(rng: &mut fastrand::Rng, length: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    (0..length).filter_map(|_| rng.choice(ALPHABET).copied()).map(char::from).collect()
}

/// An opaque text: `length` random bytes in base64.
pub(crate) fn opaque(rng: &mut fastrand::Rng, length: usize) -> String {
    let bytes: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..50 {
            let uuid = super::uuid(&mut rng);
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.as_bytes()[14], b'4', "{uuid}");
            assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
        }
    }
}
