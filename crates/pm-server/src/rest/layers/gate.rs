//! What is open to everybody.

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
            _ => path == "/",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_health_and_the_root_are_open_when_a_credential_is_needed() {
        let gate = Gate { auth_required: true, documents_open: false };
        for open in ["/", "/health", "/api/health", "/health/live", "/api/health/ready"] {
            assert!(gate.is_open(open), "{open}");
        }
        for shut in ["/api/projects", "/metrics", "/docs", "/docs/x.js", "/openapi.json", "/api", "/other"] {
            assert!(!gate.is_open(shut), "{shut}");
        }
        let gate = Gate { documents_open: true, ..gate };
        assert!(gate.is_open("/docs/x.js") && gate.is_open("/api/metrics") && !gate.is_open("/api/projects"));
    }
}
