//! What every request passes on its way to a handler: [`slash`] before a route is chosen, and then [`Layers`].

pub mod accept;
mod chain;
pub mod cors;
pub mod deadline;
pub mod edge;
pub mod figures;
pub mod gate;
pub mod identify;
pub mod limit;
pub mod panic;
pub mod security;
pub mod slash;

pub use chain::{Guard, Layers};
