// bumpalo, of Rust: the loops of workloads.hpp once more, so that the allocator is inlined into them
// as it is for who writes Rust. peers/bumpalo.cpp calls them.

use bumpalo::collections::Vec;
use bumpalo::Bump;
use core::alloc::Layout;
use core::arch::asm;
use core::ptr::NonNull;

const SIZES: usize = 4096;
const FIRST: usize = 64 << 10;
const GROWN_BYTES: usize = 100 << 20;
const LARGE: usize = 4 << 20;
const PAGE: usize = 4096;

#[repr(C)]
struct Node {
    left: *const Node,
    right: *const Node,
    kind: usize,
    value: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Token {
    kind: u32,
    line: u32,
    text: *const u8,
}

// Keeps the compiler from seeing that an object is never read.
#[inline(always)]
fn keep(object: NonNull<u8>) {
    unsafe { asm!("/* {0} */", in(reg) object.as_ptr(), options(nostack, preserves_flags)) }
}

#[inline(always)]
fn alloc(bump: &Bump, size: usize, align: usize) -> NonNull<u8> {
    bump.alloc_layout(unsafe { Layout::from_size_align_unchecked(size, align) })
}

#[inline(always)]
unsafe fn size_of(sizes: *const u8, index: usize) -> usize {
    *sizes.add(index % SIZES) as usize
}

#[inline(always)]
unsafe fn touch(object: NonNull<u8>, size: usize) {
    *object.as_ptr() = 1;
    *object.as_ptr().add(size - 1) = 1;
    keep(object);
}

#[no_mangle]
pub extern "C" fn bump_create(expected: usize) -> *mut Bump {
    let first = if expected == 0 { FIRST } else { expected };
    Box::into_raw(Box::new(Bump::with_capacity(first)))
}

#[no_mangle]
pub unsafe extern "C" fn bump_destroy(bump: *mut Bump) {
    drop(Box::from_raw(bump));
}

#[no_mangle]
pub unsafe extern "C" fn bump_reset(bump: *mut Bump) {
    (*bump).reset();
}

#[no_mangle]
#[inline(never)]
pub unsafe extern "C" fn bench_one_node(bump: *mut Bump) -> *mut u8 {
    (*bump).alloc_layout(Layout::new::<Node>()).as_ptr()
}

#[no_mangle]
pub unsafe extern "C" fn bump_hot_typed(bump: *mut Bump, count: usize) {
    for _ in 0..count {
        keep((*bump).alloc_layout(Layout::new::<Node>()));
    }
    (*bump).reset();
}

#[no_mangle]
pub unsafe extern "C" fn bump_hot_mixed8(bump: *mut Bump, count: usize, sizes: *const u8) {
    for i in 0..count {
        keep(alloc(&*bump, *sizes.add(i) as usize, 8));
    }
    (*bump).reset();
}

#[no_mangle]
pub unsafe extern "C" fn bump_hot_mixed16(bump: *mut Bump, count: usize, sizes: *const u8) {
    for i in 0..count {
        keep(alloc(&*bump, *sizes.add(i) as usize, 16));
    }
    (*bump).reset();
}

#[no_mangle]
pub extern "C" fn bump_request(count: usize, first: usize) {
    let bump = Bump::with_capacity(first);
    for _ in 0..count {
        keep(bump.alloc_layout(Layout::new::<Node>()));
    }
}

#[no_mangle]
pub unsafe extern "C" fn bump_fill(bump: *mut Bump, count: usize, sizes: *const u8) {
    for i in 0..count {
        let size = size_of(sizes, i);
        touch(alloc(&*bump, size, 8), size);
    }
}

#[no_mangle]
pub unsafe extern "C" fn bump_fill_whole(bump: *mut Bump, bytes: usize, sizes: *const u8) -> usize {
    let mut sum = 0;
    let mut i = 0;
    while sum + size_of(sizes, i) <= bytes {
        let size = size_of(sizes, i);
        touch(alloc(&*bump, size, 8), size);
        sum += size;
        i += 1;
    }
    sum
}

#[no_mangle]
pub unsafe extern "C" fn bump_zero(bump: *mut Bump, count: usize) {
    for _ in 0..count {
        let object = alloc(&*bump, 64, 8);
        object.as_ptr().write_bytes(0, 64);
        keep(object);
    }
}

#[no_mangle]
pub unsafe extern "C" fn bump_zero_large(bump: *mut Bump, count: usize) {
    for _ in 0..count {
        let object = alloc(&*bump, LARGE, 8);
        object.as_ptr().write_bytes(0, LARGE);
        for page in (0..LARGE).step_by(PAGE) {
            *object.as_ptr().add(page + 8) = 1;
        }
        keep(object);
    }
}

fn token(i: usize) -> Token {
    Token { kind: i as u32, line: i as u32, text: core::ptr::null() }
}

#[no_mangle]
pub unsafe extern "C" fn bump_grow_tokens(bump: *mut Bump) {
    let mut tokens: Vec<Token> = Vec::new_in(&*bump);
    for i in 0..GROWN_BYTES / 16 {
        tokens.push(token(i));
    }
    keep(NonNull::new_unchecked(tokens.as_mut_ptr() as *mut u8));
}

#[no_mangle]
pub unsafe extern "C" fn bump_grow_text(bump: *mut Bump, sizes: *const u8) {
    let mut text: Vec<u8> = Vec::new_in(&*bump);
    let piece = b"an identifier, 32 bytes in all..";
    let mut i = 0;
    while text.len() < GROWN_BYTES {
        // extend_from_slice copies element by element in this version.
        let size = 8 + size_of(sizes, i) % 16;
        text.reserve(size);
        let end = text.as_mut_ptr().add(text.len());
        core::ptr::copy_nonoverlapping(piece.as_ptr(), end, size);
        text.set_len(text.len() + size);
        i += 1;
    }
    keep(NonNull::new_unchecked(text.as_mut_ptr()));
}

#[no_mangle]
pub unsafe extern "C" fn bump_grow_interleaved(bump: *mut Bump) {
    let mut arrays: [Vec<Token>; 8] = core::array::from_fn(|_| Vec::new_in(&*bump));
    for i in 0..GROWN_BYTES / 16 {
        arrays[i % 8].push(token(i));
    }
    for array in arrays.iter_mut() {
        keep(NonNull::new_unchecked(array.as_mut_ptr() as *mut u8));
    }
}
