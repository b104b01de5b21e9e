//! The arithmetic that the machine's vector instructions do, and the only unsafe code of ai-pm.
//!
//! What the machine has is found out once. A kernel that is chosen must first prove itself on a small sample against
//! the scalar one, which is used where it differs. AVX2 was tested on a machine that has it and NEON in an emulator;
//! AVX-512 VNNI was compiled only, for want of a machine. Sums of bytes, and the products of a matrix made of them, are
//! the same with every kernel to the last bit; other loops over floats differ by their roundings.

#![expect(
    unsafe_code,
    reason = "calls of functions that need instructions, which only a `Kernel` knows to be there"
)]

mod cast;
mod encoder;
mod exponential;
mod float;
mod product;
mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

use std::fmt;
use std::sync::OnceLock;

pub(crate) use cast::{Block, block_bytes, block_bytes_mut, blocks, floats, signed, words};
pub(crate) use float::AttentionRoom;
pub(crate) use product::{Inputs, Matrix, PANEL, Raised, SEGMENT, negatives, raised};

/// How floating point is added up where nothing is known of the machine but its architecture.
#[cfg(target_arch = "aarch64")]
type Portable = float::Fused;
#[cfg(not(target_arch = "aarch64"))]
type Portable = float::Plain;

/// A set of instructions that a kernel is written in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Instructions {
    /// None in particular.
    Scalar,
    /// NEON, of `aarch64`.
    Neon,
    /// AVX2 and FMA, of `x86_64`.
    Avx2,
    /// AVX-512 with VNNI, of `x86_64`.
    Avx512Vnni,
}

impl Instructions {
    /// All that this crate knows, best last; those of other architectures too.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Neon, Self::Avx2, Self::Avx512Vnni];
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Neon => "NEON",
            Self::Avx2 => "AVX2",
            Self::Avx512Vnni => "AVX-512-VNNI",
        })
    }
}

/// The arithmetic, in instructions that this machine has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kernel(
    // A value other than `Scalar` is proof that the machine has these instructions: `with` alone makes them.
    Instructions,
);

impl Kernel {
    /// The best that this machine has and that proved itself; found once.
    pub fn best() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| {
            let kernels = Instructions::ALL.into_iter().rev().filter_map(Self::with);
            kernels.into_iter().find(|kernel| kernel.is_right()).unwrap_or(Self(Instructions::Scalar))
        })
    }

    /// That of `instructions`; `None` where this machine lacks them. For tests and measurements.
    pub fn with(instructions: Instructions) -> Option<Self> {
        let has = match instructions {
            Instructions::Scalar => true,
            // Part of every such target of Rust, which is why no other place has to ask.
            Instructions::Neon => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Instructions::Avx2 | Instructions::Avx512Vnni => false,
        };
        has.then_some(Self(instructions))
    }

    /// What it is written in.
    pub fn instructions(self) -> Instructions {
        self.0
    }

    /// The sums of the products of `query` with each of the rows, which lie one after the other, two values of 4 bits
    /// (0 to 15) to a byte: byte `n` of a row holds value `n` in its lower half and value `n + query.len() / 2` in its upper
    /// one. `query` has an even number of values. As many as both `rows` and `out` have; the rest of `out` stays. Exact up
    /// to a million values.
    pub fn dots_u4(self, query: &[i8], rows: &[u8], out: &mut [i32]) {
        let width = query.len() / 2;
        let Some(held) = rows.len().checked_div(width) else { return out.fill(0) };
        let count = held.min(out.len());
        let (Some(query), Some(rows), Some(out)) =
            (query.get(..2 * width), rows.get(..count * width), out.get_mut(..count))
        else {
            return;
        };
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::dots_u4(query, rows, out) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::dots_u4(query, rows, out) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: one of NEON is made by `with` alone, where NEON is part of the target.
            Instructions::Neon => unsafe { neon::dots_u4(query, rows, out) },
            _ => scalar::dots_u4(query, rows, out),
        }
    }

    /// The same of one row of half as many bytes as `query` has values.
    pub fn dot_u4(self, query: &[i8], row: &[u8]) -> i32 {
        if query.len() != 2 * row.len() {
            return 0;
        }
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::dot_u4(query, row) },
            _ => {
                let mut out = [0];
                self.dots_u4(query, row, &mut out);
                let [product] = out;
                product
            }
        }
    }

    /// Adds `row` times `scale` to `sums`.
    pub(crate) fn accumulate(self, sums: &mut [f32], row: &[i8], scale: f32) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::accumulate(sums, row, scale) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::accumulate(sums, row, scale) },
            _ => float::accumulate::<Portable>(sums, row, scale),
        }
    }

    /// The sum of `exp(value - highest)`, within 1e-14 of it, where no value is above `highest`. Values more than 20 below it
    /// are left out: they would change nothing.
    pub fn sum_exp(self, values: &[f64], highest: f64) -> f64 {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of AVX2 is made by `with` alone, which found AVX2 and FMA.
            Instructions::Avx2 => unsafe { avx2::sum_exp(values, highest) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: one of AVX-512 is made by `with` alone, which found every feature that `avx512` enables.
            Instructions::Avx512Vnni => unsafe { avx512::sum_exp(values, highest) },
            _ => exponential::sum_exp::<Portable>(values, highest),
        }
    }

    /// Whether it agrees with the scalar one on a sample: odd lengths, both signs, the ends of the range.
    fn is_right(self) -> bool {
        let value = |at: i32| i8::try_from(at * 89 % 255 - 127).unwrap_or(0);
        let rows: Vec<u8> = (0..77 * 9).map(|at| value(at).cast_unsigned()).collect();
        let query: Vec<i8> = (0..77 * 2).map(|at| value(at * 31 + 7)).collect();
        let (mut own, mut scalar) = ([0; 9], [0; 9]);
        self.dots_u4(&query, &rows, &mut own);
        scalar::dots_u4(&query, &rows, &mut scalar);
        own == scalar && self.multiplies_right()
    }
}

/// [`Kernel::dots_u4`] of the best kernel.
pub fn dots_u4(query: &[i8], rows: &[u8], out: &mut [i32]) {
    Kernel::best().dots_u4(query, rows, out);
}

/// [`Kernel::dot_u4`] of the best kernel.
pub fn dot_u4(query: &[i8], row: &[u8]) -> i32 {
    Kernel::best().dot_u4(query, row)
}

/// [`Kernel::sum_exp`] of the best kernel.
pub fn sum_exp(values: &[f64], highest: f64) -> f64 {
    Kernel::best().sum_exp(values, highest)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "any byte will do")]
mod tests;
