//! Who may do what: the one place where that is decided, for every transport.

use std::sync::Arc;

use crate::model::{Grant, ProjectId, Scope};

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// What kind of credential let him in.
    pub kind: PrincipalKind,
    /// What tells him from all others of his kind.
    pub id: String,
    /// What people call him.
    pub name: String,
    /// What he may do.
    pub grant: Grant,
    /// The session that his log-in opened.
    pub session: Option<String>,
}

/// What kind of credential lets somebody in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PrincipalKind {
    /// None: the server asks for none.
    Anonymous,
    /// The token of a session.
    User,
    /// An API key.
    Key,
    /// The key that a server without an administrator prints at its start.
    Bootstrap,
    /// None: he sits at the machine and may open the store himself.
    Shell,
}

impl PrincipalKind {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Key => "key",
            Self::Bootstrap => "bootstrap",
            Self::Shell => "shell",
        }
    }
}

impl Principal {
    /// Whoever reaches a server that asks for no credential. He cannot make himself ways in that outlast that.
    pub fn anonymous() -> Self {
        let grant = Grant::everywhere(&[Scope::Read, Scope::Write]);
        Self {
            kind: PrincipalKind::Anonymous,
            id: String::new(),
            name: "anonymous".to_owned(),
            grant,
            session: None,
        }
    }

    /// Who sets the server up.
    pub fn bootstrap() -> Self {
        let grant = Grant::everywhere(&[Scope::Admin]);
        Self {
            kind: PrincipalKind::Bootstrap,
            id: String::new(),
            name: "bootstrap".to_owned(),
            grant,
            session: None,
        }
    }

    /// Who sits at the machine.
    pub fn shell() -> Self {
        let grant = Grant::everywhere(&[Scope::Admin]);
        Self { kind: PrincipalKind::Shell, id: String::new(), name: "shell".to_owned(), grant, session: None }
    }

    /// What tells him from all others of any kind.
    pub fn identity(&self) -> String {
        match self.kind {
            PrincipalKind::User | PrincipalKind::Key => format!("{}:{}", self.kind.as_str(), self.id),
            kind => kind.as_str().to_owned(),
        }
    }
}

/// Somebody who does something, and from where: what the audit record says of him.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Who it is.
    pub principal: Arc<Principal>,
    /// The IP address that he asks from, if he comes over a network.
    pub client: Option<String>,
    /// The id of his request, if it has one.
    pub request_id: Option<String>,
}

impl Actor {
    /// Who sits at the machine.
    pub fn shell() -> Self {
        Self::local(Principal::shell())
    }

    /// Somebody who asks without a request.
    pub fn local(principal: Principal) -> Self {
        Self { principal: Arc::new(principal), client: None, request_id: None }
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Read in a project.
    Read(ProjectId),
    /// Write in a project, or change or delete it.
    Write(ProjectId),
    /// Make a project.
    Create,
    /// List the projects that he may read.
    List,
    /// Say who may come in.
    Administer,
}

/// What is answered to him.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// He may.
    Allowed,
    /// He may not, and shall not know whether what he asked for is there.
    Hidden,
    /// He may not, and is told why.
    Forbidden(&'static str),
    /// He may not as long as nobody knows who he is.
    Unknown(&'static str),
}

/// Decides. It knows nothing but what it is given: the same question always gets the same answer.
pub fn decide(principal: &Principal, action: Action) -> Decision {
    let grant = &principal.grant;
    match action {
        Action::Read(project) | Action::Write(project)
            if !grant.reaches(project) || !grant.holds(Scope::Read) =>
        {
            Decision::Hidden
        }
        Action::Read(_) => Decision::Allowed,
        Action::List if grant.holds(Scope::Read) => Decision::Allowed,
        Action::Create if grant.projects.is_some() => {
            Decision::Forbidden("this credential is bound to projects and cannot make others")
        }
        Action::Write(_) | Action::Create if grant.holds(Scope::Write) => Decision::Allowed,
        Action::Administer if grant.administers() => Decision::Allowed,
        Action::Administer if principal.kind == PrincipalKind::Anonymous => {
            Decision::Unknown("this needs a credential with the scope admin")
        }
        Action::Administer => Decision::Forbidden("this needs a credential with the scope admin"),
        Action::List => Decision::Forbidden("this needs a credential with the scope read"),
        Action::Write(_) | Action::Create => {
            Decision::Forbidden("this needs a credential with the scope write")
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::Action::{Administer, Create, List, Read, Write};
    use super::Decision::{Allowed, Forbidden, Hidden, Unknown};
    use super::*;

    fn key(scopes: &[Scope], projects: Option<Vec<ProjectId>>) -> Principal {
        let grant = Grant { scopes: scopes.to_vec(), projects };
        Principal { kind: PrincipalKind::Key, id: "1".to_owned(), name: "k".to_owned(), grant, session: None }
    }

    #[test]
    fn the_whole_table() {
        let (own, other) = (ProjectId::new(Uuid::from_u128(1)), ProjectId::new(Uuid::from_u128(2)));
        let bound = |scope| key(&[scope], Some(vec![own]));
        let free = |scope| key(&[scope], None);
        let forbidden = Forbidden("");
        let unknown = Unknown("");
        let (read, write, admin) = (Scope::Read, Scope::Write, Scope::Admin);
        for (principal, expected) in [
            (free(read), [Allowed, Allowed, forbidden, forbidden, forbidden, Allowed, forbidden]),
            (free(write), [Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, forbidden]),
            (free(admin), [Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, Allowed]),
            (bound(read), [Allowed, Hidden, forbidden, Hidden, forbidden, Allowed, forbidden]),
            (bound(write), [Allowed, Hidden, Allowed, Hidden, forbidden, Allowed, forbidden]),
            (bound(admin), [Allowed, Hidden, Allowed, Hidden, forbidden, Allowed, forbidden]),
            (key(&[], None), [Hidden, Hidden, Hidden, Hidden, forbidden, forbidden, forbidden]),
            (Principal::anonymous(), [Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, unknown]),
            (Principal::bootstrap(), [Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, Allowed]),
        ] {
            let actions = [Read(own), Read(other), Write(own), Write(other), Create, List, Administer];
            let decided = actions.map(|action| match decide(&principal, action) {
                Forbidden(_) => forbidden,
                Unknown(_) => unknown,
                other => other,
            });
            assert_eq!(decided, expected, "{principal:?}");
        }
    }
}
