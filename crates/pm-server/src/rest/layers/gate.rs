//! What is open to everybody, and what is not.

use axum::extract::Request;
use pm_core::policy::PrincipalKind;

use super::identify::Identity;
use crate::rest::problem::{Code, Problem};

/// What is open to whom.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Whether a credential is needed for everything under `/api` but health.
    pub auth_required: bool,
    /// Who may see the documents.
    pub documents: Door,
    /// Who may read the metrics.
    pub metrics: Door,
}

/// Who may see what belongs to the server rather than to a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// Everybody.
    Open,
    /// Who has a credential, where one is needed at all; else everybody.
    Guarded,
    /// Who has a credential, also where none is needed elsewhere.
    Locked,
}

impl Gate {
    /// Whether an address is open to those who come with no credential, or with one that is not good.
    pub fn is_open(self, path: &str) -> bool {
        match self.door(path) {
            Some(Door::Open) => true,
            Some(Door::Guarded) => !self.auth_required,
            Some(Door::Locked) | None => false,
        }
    }

    /// The door of an address that has one of its own.
    fn door(self, path: &str) -> Option<Door> {
        match path.strip_prefix("/api").unwrap_or(path) {
            "/health" | "/health/redis" | "/health/live" | "/health/ready" => Some(Door::Open),
            "/metrics" => Some(self.metrics),
            "/openapi.json" | "/docs" => Some(self.documents),
            _ if path.starts_with("/docs/") => Some(self.documents),
            _ => matches!(path, "/" | "/api/auth/token").then_some(Door::Open),
        }
    }

    /// Whether what lets somebody in may also stand in the body, so that the handler has to ask for it.
    pub fn asks_itself(path: &str) -> bool {
        matches!(path, "/api/auth/refresh" | "/api/auth/logout")
    }
}

/// The answer to those who come with no good credential to what is not open: 401.
pub fn refusal(gate: Gate, request: &Request) -> Option<Problem> {
    let path = request.uri().path();
    if gate.is_open(path) {
        return None;
    }
    match Identity::of(request.extensions()) {
        Err(problem) if !Gate::asks_itself(path) => Some(problem),
        Ok(principal)
            if principal.kind == PrincipalKind::Anonymous && gate.door(path) == Some(Door::Locked) =>
        {
            let detail = "this needs a credential, also where none is needed elsewhere";
            Some(Problem::new(Code::Unauthorized, detail))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHUT: Gate = Gate { auth_required: true, documents: Door::Guarded, metrics: Door::Guarded };

    #[test]
    fn only_health_and_the_root_are_open_when_a_credential_is_needed() {
        for open in ["/", "/api/auth/token", "/health", "/api/health", "/health/live", "/api/health/ready"] {
            assert!(SHUT.is_open(open), "{open}");
        }
        for shut in [
            "/api/projects",
            "/metrics",
            "/docs",
            "/docs/x.js",
            "/openapi.json",
            "/api",
            "/auth/token",
            "/other",
        ] {
            assert!(!SHUT.is_open(shut), "{shut}");
        }
    }

    #[test]
    fn documents_and_metrics_have_doors_of_their_own() {
        let gate = Gate { documents: Door::Open, ..SHUT };
        assert!(gate.is_open("/docs/x.js") && gate.is_open("/openapi.json"));
        assert!(!gate.is_open("/api/metrics") && !gate.is_open("/api/projects"));
        let gate = Gate { metrics: Door::Open, ..SHUT };
        assert!(gate.is_open("/metrics") && gate.is_open("/api/metrics") && !gate.is_open("/docs"));
        let gate = Gate { auth_required: false, metrics: Door::Locked, ..SHUT };
        assert!(gate.is_open("/docs") && !gate.is_open("/metrics") && !gate.is_open("/api/metrics"));
    }
}
