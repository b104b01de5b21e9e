//! Who may do what: the one place where that is decided, for every transport.

mod admitted;
mod name;

use uuid::Uuid;

use crate::model::{Grant, ProjectId, Scope};
pub use admitted::Admitted;
pub(crate) use admitted::Remembered;
pub use name::Name;

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// What kind of credential let him in.
    pub kind: PrincipalKind,
    /// The id of the key, or of the session that his log-in opened.
    pub credential: Option<Uuid>,
    /// What people call him.
    pub name: Name,
    /// What he may do.
    pub grant: Grant,
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
        Self::without_credential(PrincipalKind::Anonymous, &[Scope::Read, Scope::Write])
    }

    /// Who sets the server up.
    pub fn bootstrap() -> Self {
        Self::without_credential(PrincipalKind::Bootstrap, &[Scope::Admin])
    }

    /// Who sits at the machine.
    pub fn shell() -> Self {
        Self::without_credential(PrincipalKind::Shell, &[Scope::Admin])
    }

    fn without_credential(kind: PrincipalKind, scopes: &[Scope]) -> Self {
        Self { kind, credential: None, name: kind.as_str().into(), grant: Grant::everywhere(scopes) }
    }

    /// The session that his log-in opened.
    pub fn session(&self) -> Option<Uuid> {
        self.credential.filter(|_| self.kind == PrincipalKind::User)
    }

    /// What tells him from all others of any kind.
    pub fn identity(&self) -> String {
        match self.kind {
            PrincipalKind::User => format!("user:{}", self.name.as_str()),
            PrincipalKind::Key => format!("key:{}", self.credential.unwrap_or_default().simple()),
            kind => kind.as_str().to_owned(),
        }
    }
}

/// Somebody who does something, and from where: what the audit record says of him.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Who it is.
    pub principal: Admitted,
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
        Self { principal: principal.into(), client: None, request_id: None }
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
    use super::Action::{Administer, Create, List, Read, Write};
    use super::Decision::{Allowed, Forbidden, Hidden, Unknown};
    use super::*;

    fn key(scopes: &[Scope], projects: Option<Vec<ProjectId>>) -> Principal {
        let grant = Grant { projects: projects.map(Vec::into_boxed_slice), ..Grant::everywhere(scopes) };
        Principal { kind: PrincipalKind::Key, credential: Some(Uuid::max()), name: "k".into(), grant }
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
