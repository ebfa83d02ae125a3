//! Memory for the one secret that is kept for hours, the vault's key: it gets neither into the swap nor into a dump.

use std::{io, ops::Deref};

use memmap2::MmapMut;
use zeroize::Zeroize;

/// A key in a page of its own, wiped when dropped.
pub struct LockedKey(MmapMut);

impl LockedKey {
    /// Copies a key there. Where a limit of locked memory is in the way, as in some containers, it may be swapped out; that is
    /// no reason to go without.
    pub fn new(key: &[u8; 32]) -> io::Result<Self> {
        let mut page = MmapMut::map_anon(key.len())?;
        let _ = page.lock();
        #[cfg(target_os = "linux")]
        let _ = page.advise(memmap2::Advice::DontDump);
        page.copy_from_slice(key);
        Ok(Self(page))
    }
}

impl Deref for LockedKey {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
