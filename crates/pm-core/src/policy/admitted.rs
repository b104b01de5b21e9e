//! Principals, as they are handed about.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Principal;

/// A principal who was let in, shared by all who deal with his request.
#[derive(Clone)]
pub struct Admitted(Arc<Remembered<dyn Send + Sync>>);

/// A principal, and what is remembered of his credential, in one place: with many keys that place is far away, and all that a
/// request looks at comes at once.
#[derive(Debug)]
pub(crate) struct Remembered<T: ?Sized> {
    /// Who it is.
    pub(crate) principal: Principal,
    /// What is remembered.
    pub(crate) entry: T,
}

impl From<Principal> for Admitted {
    fn from(principal: Principal) -> Self {
        Self(Arc::new(Remembered { principal, entry: () }))
    }
}

impl<T: Send + Sync + 'static> From<Arc<Remembered<T>>> for Admitted {
    fn from(remembered: Arc<Remembered<T>>) -> Self {
        Self(remembered)
    }
}

impl Deref for Admitted {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0.principal
    }
}

impl PartialEq for Admitted {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Admitted {}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
