//! What every request passes on its way to a handler, from the outside in: [`slash`], [`edge`] (with [`security`]), CORS, [`panic`],
//! [`identify`], [`limit`], [`deadline`], [`gate`], [`accept`].

pub mod accept;
pub mod cors;
pub mod deadline;
pub mod edge;
pub mod gate;
pub mod identify;
pub mod limit;
pub mod panic;
pub mod security;
pub mod slash;
