//! Random bytes from the system, for what nobody outside may foresee.

use anyhow::bail;

/// Seeds of the store's hashes.
pub(super) fn seed() -> anyhow::Result<[u64; 2]> {
    let bytes = random()?;
    let (high, low) = bytes.split_at(8);
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    Ok([word(high), word(low)])
}

/// Sixteen bytes that nobody can guess.
pub(super) fn random() -> anyhow::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => bail!("get random bytes from the system: {error}"),
    }
}
