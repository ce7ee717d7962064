//! SHA-256, the one hash that the chain checks. (The BLAKE3 syscall is not active on every cluster.)

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// SHA-256 of the concatenation of `parts`: a syscall on the chain, the `sha2` crate elsewhere.
#[inline]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    #[cfg(not(target_os = "solana"))]
    if let Some(prepared) = Prepared::new(parts) {
        return prepared.hash();
    }
    solana_sha256_hasher::hashv(parts).to_bytes()
}

#[cfg(not(target_os = "solana"))]
pub(crate) use short::Prepared;

/// Messages of at most two blocks, as leaves and nodes are: padded on the stack and compressed at once, which takes a
/// third less time than a hasher that messages are streamed into.
#[cfg(not(target_os = "solana"))]
mod short {
    use sha2::digest::generic_array::{GenericArray, typenum::U64};

    use super::Hash;

    const BLOCK_BYTES: usize = 64;
    /// The padding takes a byte and the length in bits, eight bytes (FIPS 180-4, section 5.1.1).
    const LONGEST: usize = 2 * BLOCK_BYTES - 9;
    /// FIPS 180-4, section 5.3.3.
    const INITIAL: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    /// A padded message. Many that are prepared before any is compressed take a quarter less time: the processor then
    /// reads blocks whose bytes have reached its cache.
    #[derive(Clone, Copy, Default)]
    pub struct Prepared {
        blocks: [GenericArray<u8, U64>; 2],
        count: usize,
    }

    impl Prepared {
        /// `None` for longer messages.
        #[inline]
        pub fn new(parts: &[&[u8]]) -> Option<Self> {
            let mut prepared = Self::default();
            prepared.set(parts).then_some(prepared)
        }

        /// Replaces the message, whatever it was; false for longer ones. Where the parts' lengths are known when this is
        /// compiled, it is but a few moves, so it is always inlined.
        #[inline(always)]
        pub fn set(&mut self, parts: &[&[u8]]) -> bool {
            let mut padded = [0; 2 * BLOCK_BYTES];
            let mut length = 0;
            for part in parts {
                let end = length + part.len();
                let Some(room) = padded.get_mut(length..end).filter(|_| end <= LONGEST) else { return false };
                room.copy_from_slice(part);
                length = end;
            }
            padded[length] = 0x80;
            self.count = (length + 9).div_ceil(BLOCK_BYTES);
            // At most 119 bytes: their number of bits fits two bytes.
            let end = self.count * BLOCK_BYTES;
            padded[end - 2..end].copy_from_slice(&(8 * length as u16).to_be_bytes());
            let (first, second) = padded.split_at(BLOCK_BYTES);
            self.blocks[0].copy_from_slice(first);
            self.blocks[1].copy_from_slice(second);
            true
        }

        #[inline]
        pub fn hash(&self) -> Hash {
            let mut state = INITIAL;
            sha2::compress256(&mut state, &self.blocks[..self.count]);
            let mut hash = Hash::default();
            for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
                bytes.copy_from_slice(&word.to_be_bytes());
            }
            hash
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_every_length_and_split_is_the_hasher_s() {
        let message: [u8; 200] = core::array::from_fn(|index| index as u8);
        for length in 0..message.len() {
            let wanted = solana_sha256_hasher::hashv(&[&message[..length]]).to_bytes();
            let (left, right) = message[..length].split_at(length / 3);
            assert_eq!(sha256(&[left, &[], right]), wanted, "{length} bytes");
        }
    }
}
