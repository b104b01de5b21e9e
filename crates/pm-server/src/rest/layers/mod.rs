//! What every request passes on its way to a handler, from the outside in: [`slash`], [`edge`], CORS, [`panic`],
//! [`deadline`], [`identify`] with its [`gate`], [`accept`].

pub mod accept;
pub mod cors;
pub mod deadline;
pub mod edge;
pub mod gate;
pub mod identify;
pub mod panic;
pub mod slash;
