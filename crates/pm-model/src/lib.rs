//! The models of ai-pm, which ship in its binary, and the arithmetic under them.
//!
//! Pure and synchronous: no I/O, no clock, no threads. The weights are used where they lie in the binary: what is not
//! used is never read into memory.
//!
//! | what | size | a text of 14 tokens | for |
//! |---|---|---|---|
//! | [`StaticModel`], potion-base-8M | 8 MB | about 1 us | every query and item, expansion of terms |
//! | [`Transformer`], all-MiniLM-L6-v2 | 22 MB | 3 to 4 ms (AVX2), half with a second thread | what must be understood, not only matched |
//! | [`dots_u4`] and [`quantise()`] | | | comparing one vector with many |

#[cfg(feature = "bundled")]
mod asset;
mod container;
mod error;
mod kernel;
pub mod make;
mod quantise;
mod safetensors;
mod static_model;
mod transformer;
mod wordpiece;

pub use error::ModelError;
pub use kernel::{Instructions, Kernel, dot_u4, dots_u4, sum_exp};
pub use quantise::quantise;
pub use static_model::{DIMENSIONS, StaticModel};
pub use transformer::{ForkJoin, ModelFiles, Scratch, Transformer};
pub use wordpiece::WordPiece;
