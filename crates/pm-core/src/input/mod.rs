//! From bytes that a stranger sent to a model, or to a list of every fault in them.

mod fields;
mod invalid;
mod read;
mod strict;

pub use fields::Fields;
pub use invalid::{FieldError, Invalid};
pub use read::{
    array, boolean, number_between, object, one_of, parameter, string, text, time_bound, timestamp,
    timestamp_text, whole_number,
};
pub use strict::{BODY_DEPTH, Unreadable, VALUE_DEPTH, depth, nests_deeper, parse, weight};
