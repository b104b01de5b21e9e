//! What is open to everybody, and what is not.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::identify::Identity;

/// What is open to whom.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Whether a credential is needed for everything under `/api` but health.
    pub auth_required: bool,
    /// Whether documents and metrics are open all the same.
    pub documents_open: bool,
}

impl Gate {
    /// Whether an address is open to those who come with no credential, or with one that is not good.
    pub fn is_open(self, path: &str) -> bool {
        let bare = path.strip_prefix("/api").unwrap_or(path);
        match bare {
            "/health" | "/health/redis" | "/health/live" | "/health/ready" => true,
            "/metrics" | "/openapi.json" | "/docs" => self.documents_open || !self.auth_required,
            _ if path.starts_with("/docs/") => self.documents_open || !self.auth_required,
            _ => matches!(path, "/" | "/api/auth/token"),
        }
    }

    /// Whether what lets somebody in may also stand in the body, so that the handler has to ask for it.
    pub fn asks_itself(path: &str) -> bool {
        matches!(path, "/api/auth/refresh" | "/api/auth/logout")
    }
}

/// Answers 401 to those who come with no good credential to what is not open.
pub async fn keep(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match Identity::of(request.extensions()) {
        Err(problem) if !gate.is_open(request.uri().path()) && !Gate::asks_itself(request.uri().path()) => {
            problem.into_response()
        }
        _ => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_health_and_the_root_are_open_when_a_credential_is_needed() {
        let gate = Gate { auth_required: true, documents_open: false };
        for open in ["/", "/api/auth/token", "/health", "/api/health", "/health/live", "/api/health/ready"] {
            assert!(gate.is_open(open), "{open}");
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
            assert!(!gate.is_open(shut), "{shut}");
        }
        let gate = Gate { documents_open: true, ..gate };
        assert!(gate.is_open("/docs/x.js") && gate.is_open("/api/metrics") && !gate.is_open("/api/projects"));
    }
}
