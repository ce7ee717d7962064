//! Memory for one call: given out from the heap's beginning upwards, and taken back as a whole.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32,
    panic::PanicInfo,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const PAGE_BYTES: usize = 64 << 10;
const ALIGN: usize = 8;

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;
/// The first byte that is free; 0: the heap's beginning. A page has one thread.
static NEXT: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    /// The linker's: where static data end.
    static __heap_base: u8;
}

fn beginning() -> usize {
    // Only its place means anything.
    &raw const __heap_base as usize
}

// SAFETY: what is given out is aligned, lies behind all that was given out before, and within the memory.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = match NEXT.load(Relaxed) {
            0 => beginning(),
            next => next,
        };
        let start = next.next_multiple_of(layout.align());
        let Some(end) = start.checked_add(layout.size()) else { return core::ptr::null_mut() };
        let have = wasm32::memory_size(0) * PAGE_BYTES;
        if end > have && wasm32::memory_grow(0, (end - have).div_ceil(PAGE_BYTES)) == usize::MAX {
            return core::ptr::null_mut();
        }
        NEXT.store(end, Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Null if there is no more memory.
pub fn reserve(bytes: usize) -> *mut u8 {
    match Layout::from_size_align(bytes.max(1), ALIGN) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { HEAP.alloc(layout) },
        Err(_) => core::ptr::null_mut(),
    }
}

pub fn reset() {
    NEXT.store(0, Relaxed);
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    wasm32::unreachable()
}
