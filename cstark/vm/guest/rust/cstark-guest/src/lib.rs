//! Guests of cstark's RISC-V machine, in Rust without the standard library.
//!
//! A guest is a program whose run is proved. It reads an input that only the prover knows, writes
//! an output that everybody learns, and halts with an exit code that everybody learns:
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//!
//! cstark_guest::entry!(main);
//!
//! fn main() -> u64 {
//!     let sum: u64 = cstark_guest::input().iter().map(|&byte| u64::from(byte)).sum();
//!     cstark_guest::output(&sum.to_le_bytes());
//!     0
//! }
//! ```
//!
//! What to think of while writing one stands on the first page of `cstark.h`: whoever proves
//! chooses the input, and what is not in the output the verifier does not know. A panic halts with
//! exit code 134, which is proved like any other.
//!
//! The start-up code and memcpy and its like are those of the guests in C.

#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::ptr;

global_asm!(include_str!("../../../kit/lib/crt0.S"), options(raw));
global_asm!(include_str!("../../../kit/lib/mem.S"), options(raw));

const INPUT: usize = 0x4000_0000;
const INPUT_BYTES: usize = 0x2000_0000 - 8;
const OUTPUT: usize = 0x6000_0000;
/// Most bytes of output, in all.
pub const OUTPUT_BYTES: usize = 256 * 1024;
/// Exit code of a panic.
pub const ABORTED: u64 = 134;

/// Names the function that the guest begins with; it returns nothing, an `i32` or a `u64`.
#[macro_export]
macro_rules! entry {
    ($path:path) => {
        const _: () = {
            #[export_name = "main"]
            extern "C" fn start() -> u64 {
                $crate::ExitCode::code($path())
            }
        };
    };
}

/// What the function that the guest begins with can return.
pub trait ExitCode {
    /// The exit code.
    fn code(self) -> u64;
}

impl ExitCode for () {
    fn code(self) -> u64 {
        0
    }
}

impl ExitCode for u64 {
    fn code(self) -> u64 {
        self
    }
}

impl ExitCode for i32 {
    /// With its sign, as in C.
    fn code(self) -> u64 {
        i64::from(self) as u64
    }
}

/// The private input, where it lies. Its length is what the prover says; a read beyond what there
/// is cannot be proved.
pub fn input() -> &'static [u8] {
    // SAFETY: the window is memory that nothing writes to.
    unsafe {
        let length = ptr::read_volatile(INPUT as *const usize);
        assert!(length <= INPUT_BYTES, "the input is longer than its window");
        core::slice::from_raw_parts((INPUT + 8) as *const u8, length)
    }
}

/// Append to the public output. Panics beyond `OUTPUT_BYTES` in all.
pub fn output(data: &[u8]) {
    // SAFETY: the window is memory that no reference points into.
    unsafe {
        let length = ptr::read_volatile(OUTPUT as *const usize);
        assert!(
            length <= OUTPUT_BYTES && data.len() <= OUTPUT_BYTES - length,
            "more than 256 KiB of output"
        );
        ptr::copy_nonoverlapping(data.as_ptr(), (OUTPUT + 8 + length) as *mut u8, data.len());
        ptr::write_volatile(OUTPUT as *mut usize, length + data.len());
    }
}

/// Halt with an exit code.
pub fn exit(code: u64) -> ! {
    // SAFETY: the machine's call 93 does not return.
    unsafe { asm!("ecall", in("a0") code, in("a7") 93, options(noreturn, nostack)) }
}

/// Print while the guest executes: no part of the proof, but its instructions are.
pub fn print(text: &str) {
    // SAFETY: the machine's call 64 reads the text and changes nothing.
    unsafe {
        asm!("ecall", in("a0") 1, in("a1") text.as_ptr(), in("a2") text.len(), in("a7") 64,
             options(nostack, readonly));
    }
}

/// Prints what is formatted into it.
pub struct Log;

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        print(text);
        Ok(())
    }
}

/// `println!` of the standard library: prints while the guest executes.
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {{
        let _ = ::core::fmt::Write::write_fmt(&mut $crate::Log, ::core::format_args!($($argument)*));
        $crate::print("\n");
    }};
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(Log, "{info}");
    exit(ABORTED)
}

// --- the heap ------------------------------------------------------------------------------------

const UNIT: usize = 16;
const LISTS: usize = 65; // of freed blocks of 0, 16, ..., 1024 bytes
const STACK_RESERVE: usize = 0x10_0000;

/// From `_end` upwards. Freed blocks of up to 1,024 bytes are kept in lists of one size each; a
/// larger one is given back if it is the last, and may grow where it is.
struct Heap {
    state: UnsafeCell<State>,
}

struct State {
    top: usize, // 0: nothing was asked for
    lists: [usize; LISTS],
}

// SAFETY: there is one thread of execution.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap {
    state: UnsafeCell::new(State {
        top: 0,
        lists: [0; LISTS],
    }),
};

extern "C" {
    static _end: u8;
}

/// Bytes that a block of `size` takes. `Layout` keeps it below 2^63, so that nothing wraps.
fn rounded(size: usize) -> usize {
    (size + UNIT - 1) & !(UNIT - 1)
}

fn limit() -> usize {
    let stack: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) stack, options(nomem, nostack, preserves_flags)) };
    stack.saturating_sub(STACK_RESERVE)
}

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = &mut *self.state.get();
        let size = rounded(layout.size());
        if let Some(list) = state.lists.get_mut(size / UNIT) {
            if *list != 0 && layout.align() <= UNIT {
                let block = *list as *mut u8;
                *list = *(block as *const usize);
                return block;
            }
        }
        if state.top == 0 {
            state.top = ptr::addr_of!(_end) as usize;
        }
        let align = layout.align().max(UNIT);
        let start = match state.top.checked_add(align - 1) {
            Some(above) => above & !(align - 1),
            None => return ptr::null_mut(),
        };
        let limit = limit();
        if start > limit || size > limit - start {
            return ptr::null_mut();
        }
        state.top = start + size;
        start as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = &mut *self.state.get();
        let size = rounded(layout.size());
        if block as usize + size == state.top {
            state.top = block as usize;
        } else if let Some(list) = state.lists.get_mut(size / UNIT) {
            *(block as *mut usize) = *list;
            *list = block as usize;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, wanted: usize) -> *mut u8 {
        let (old, new) = (rounded(layout.size()), rounded(wanted));
        if new == old {
            return block; // its size for dealloc stays the same
        }
        let state = &mut *self.state.get();
        let start = block as usize;
        if start + old == state.top && new <= limit().saturating_sub(start) {
            state.top = start + new;
            return block;
        }
        let layout_new = Layout::from_size_align_unchecked(wanted, layout.align());
        let moved = self.alloc(layout_new);
        if !moved.is_null() {
            ptr::copy_nonoverlapping(block, moved, layout.size().min(wanted));
            self.dealloc(block, layout);
        }
        moved
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = self.alloc(layout);
        if !block.is_null() {
            ptr::write_bytes(block, 0, layout.size()); // it may have been in use before
        }
        block
    }
}
