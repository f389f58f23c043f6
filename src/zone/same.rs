//! Whether short rows of bytes are equal, without a call: owners and apexes have a few bytes, and for
//! these the call of a library takes longer than what it does.

/// Whether both have the same bytes.
#[inline]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    // Two words that may overlap are all bytes of up to sixteen.
    if let (Some(left_first), Some(left_last), Some(right_first), Some(right_last)) = (
        left.first_chunk::<WORD>(),
        left.last_chunk::<WORD>(),
        right.first_chunk::<WORD>(),
        right.last_chunk::<WORD>(),
    ) && left.len() <= 2 * WORD
    {
        return left_first == right_first && left_last == right_last;
    }
    left == right
}

const WORD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_when_all_their_bytes_are() {
        for len in 0..40_u8 {
            let row: Vec<u8> = (0..len).collect();
            assert!(same(&row, &row.clone()), "{len}");
            assert!(!same(&row, &[&row[..], &[0]].concat()), "{len}");
            for at in 0..usize::from(len) {
                let mut other = row.clone();
                other[at] ^= 0x80;
                assert!(!same(&row, &other), "{len} {at}");
            }
        }
    }
}
