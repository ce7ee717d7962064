//! Copying, filling and comparing memory, by the runtime: ten units of compute for up to 2,500 bytes, where a loop needs
//! one for each instruction.

use solana_define_syscall::definitions::{sol_memcmp_, sol_memmove_, sol_memset_};

/// The runtime's own copy refuses a source that is the target, which a compiler may ask for: so this is `memmove` too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(target: *mut u8, source: *const u8, bytes: usize) -> *mut u8 {
    unsafe { sol_memmove_(target, source, bytes as u64) };
    target
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(target: *mut u8, source: *const u8, bytes: usize) -> *mut u8 {
    unsafe { sol_memmove_(target, source, bytes as u64) };
    target
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(target: *mut u8, value: i32, bytes: usize) -> *mut u8 {
    unsafe { sol_memset_(target, value as u8, bytes as u64) };
    target
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, bytes: usize) -> i32 {
    let mut order = 0;
    unsafe { sol_memcmp_(left, right, bytes as u64, &mut order) };
    order
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, bytes: usize) -> i32 {
    unsafe { memcmp(left, right, bytes) }
}
