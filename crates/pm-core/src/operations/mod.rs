//! What can be done, once for all transports.
