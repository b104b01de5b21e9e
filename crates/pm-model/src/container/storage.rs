//! Where the bytes of a model are.

use std::sync::Arc;

use crate::kernel::{self, Block};

/// In the binary, or on the heap and shared.
#[derive(Clone)]
pub(crate) enum Storage {
    #[cfg_attr(not(feature = "bundled"), expect(dead_code, reason = "nothing is bundled"))]
    Static(&'static [u8]),
    Owned(Arc<Vec<Block>>),
}

impl Storage {
    pub(crate) fn owned(blocks: Vec<Block>) -> Self {
        Self::Owned(Arc::new(blocks))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Owned(blocks) => kernel::block_bytes(blocks),
        }
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.bytes().len())
    }
}
