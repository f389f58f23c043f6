//! Memory that is wanted soon, asked for ahead of its use.
//!
//! A lookup in a large zone reads two places that no cache holds, and what it does next depends on
//! them. A batch asks for the places of all its names first, so that the waits are one wait; loads
//! would not do, since each holds up all that comes behind it.
//!
//! Invariant HINT: the processor is told an address and nothing else. It reads no value into the
//! program, writes none, and raises no fault whatever the address is.

#![expect(
    unsafe_code,
    reason = "there is no stable safe way to a prefetch, and without it a third of an answer is waiting"
)]

/// Asks for the lines in which these bytes begin, as many as an entry with few records has.
#[inline]
pub(crate) fn entry(bytes: &[u8]) {
    for place in [bytes.first(), bytes.get(LINE)].into_iter().flatten() {
        line(place);
    }
}

/// Asks for the line of a value.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn line<T>(place: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: HINT.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) }
}

/// Asks for the line of a value.
#[cfg(target_arch = "aarch64")]
#[inline]
pub(crate) fn line<T>(place: &T) {
    let place = std::ptr::from_ref(place);
    // SAFETY: HINT.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{place}]",
            place = in(reg) place,
            options(nostack, preserves_flags, readonly)
        );
    }
}

/// Elsewhere lookups wait, and are right all the same.
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
#[inline]
pub(crate) fn line<T>(_: &T) {}

/// Bytes that a cache holds together.
const LINE: usize = 64;
