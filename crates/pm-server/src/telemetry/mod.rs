//! What the process tells about itself: logs and metrics.

pub mod logs;
pub mod metrics;
mod one_line;
