//! The models in the binary. Their licences lie beside them in `assets/`; `cargo xtask models` makes them.

/// On a boundary of 64, as containers are read.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static STATIC_MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../assets/potion-base-8M.bin"));

static TRANSFORMER: &Aligned<[u8]> = &Aligned(*include_bytes!("../assets/all-MiniLM-L6-v2.bin"));

/// potion-base-8M, by `MinishLab`.
pub(crate) fn static_model() -> &'static [u8] {
    &STATIC_MODEL.0
}

/// all-MiniLM-L6-v2, by the authors of sentence-transformers.
pub(crate) fn transformer() -> &'static [u8] {
    &TRANSFORMER.0
}
