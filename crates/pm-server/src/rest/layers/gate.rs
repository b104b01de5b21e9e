//! Who may come in.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::rest::problem::{Code, Problem};

/// What is open to whom.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Whether a credential is needed for everything under `/api` but health.
    pub auth_required: bool,
    /// Whether documents and metrics are open all the same.
    pub documents_open: bool,
}

impl Gate {
    fn open(self, path: &str) -> bool {
        if !self.auth_required {
            return true;
        }
        let bare = path.strip_prefix("/api").unwrap_or(path);
        match bare {
            "/health" | "/health/redis" | "/health/live" | "/health/ready" => true,
            "/metrics" | "/openapi.json" | "/docs" => self.documents_open,
            _ if path.starts_with("/docs/") => self.documents_open,
            _ => path == "/",
        }
    }
}

/// Answers 401 to what is not open. This version knows no credentials yet, so that nothing else can be answered: with
/// `AUTH_REQUIRED` the doors are shut rather than left open.
pub async fn keep(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if gate.open(request.uri().path()) {
        return next.run(request).await;
    }
    let detail = "AUTH_REQUIRED is set, and this version cannot check credentials yet: nobody is let in";
    Problem::new(Code::Unauthorized, detail).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_health_and_the_root_are_open_when_a_credential_is_needed() {
        let gate = Gate { auth_required: true, documents_open: false };
        for open in ["/", "/health", "/api/health", "/health/live", "/api/health/ready"] {
            assert!(gate.open(open), "{open}");
        }
        for shut in ["/api/projects", "/metrics", "/docs", "/docs/x.js", "/openapi.json", "/api", "/other"] {
            assert!(!gate.open(shut), "{shut}");
        }
        let gate = Gate { documents_open: true, ..gate };
        assert!(gate.open("/docs/x.js") && gate.open("/api/metrics") && !gate.open("/api/projects"));
    }
}
