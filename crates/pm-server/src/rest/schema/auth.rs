//! Who may come in, on the wire.

use utoipa::ToSchema;

/// What may be done; each contains those before it.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Scope {
    Read,
    Write,
    Admin,
}

/// The id of a project.
#[derive(ToSchema)]
#[schema(pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
pub struct ProjectId(String);

/// Who came with a credential, and what it lets him do.
#[derive(ToSchema)]
#[schema(example = json!({"kind": "key", "name": "ci", "scopes": ["read", "write"]}))]
pub struct Me {
    kind: PrincipalKind,
    name: String,
    scopes: Vec<Scope>,
    /// In these projects alone; absent: in all.
    #[schema(nullable = false)]
    projects: Option<Vec<ProjectId>>,
}

/// What kind of credential it was.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum PrincipalKind {
    Anonymous,
    User,
    Key,
    Bootstrap,
}

/// A log-in, or a refresh token for the next tokens, as OAuth 2 has it. What it has beside is taken and not heeded.
#[derive(ToSchema)]
#[schema(example = json!({"grant_type": "password", "username": "ada", "password": "correct horse battery"}))]
pub struct TokenRequest {
    /// `password` unless sent.
    grant_type: Option<GrantType>,
    /// With `password`.
    username: Option<String>,
    /// With `password`.
    password: Option<String>,
    /// With `refresh_token`.
    refresh_token: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// What tokens are asked for by.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum GrantType {
    Password,
    RefreshToken,
}

/// A refresh token.
#[derive(ToSchema)]
#[schema(example = json!({"refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"}))]
pub struct RefreshToken {
    refresh_token: String,
}

/// The tokens of a session.
#[derive(ToSchema)]
#[schema(example = json!({"access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "token_type": "bearer", "expires_in": 1800,
    "refresh_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"}))]
pub struct Tokens {
    /// Lets its bearer in.
    access_token: String,
    /// Always `bearer`.
    #[schema(pattern = "^bearer$")]
    token_type: String,
    /// Seconds that the access token is good for.
    expires_in: u64,
    /// Good for the next tokens, once.
    refresh_token: String,
}

/// An API key to be made.
#[derive(ToSchema)]
#[schema(example = json!({"name": "ci", "scopes": ["write"], "expires_at": "2126-03-05T14:07:00Z"}))]
pub struct KeyCreate {
    /// What it is for: 1 to 200 characters after trimming.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// `write` contains `read`, and `admin` contains both.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Binds it to these projects: 1 to 100, and no `admin`.
    #[schema(min_items = 1, max_items = 100)]
    projects: Option<Vec<ProjectId>>,
    /// When it ends; absent: never.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
}

/// An API key, without its secret.
#[derive(ToSchema)]
#[schema(example = json!({"id": "0199d5f07d4e7cc398c4dc0c0c07398f", "name": "ci", "scopes": ["write"],
    "created_at": "2026-03-05T14:07:00Z", "last_used_at": "2026-03-05T15:00:00Z"}))]
pub struct ApiKey {
    /// Its public part.
    id: String,
    name: String,
    scopes: Vec<Scope>,
    #[schema(nullable = false)]
    projects: Option<Vec<ProjectId>>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time", nullable = false)]
    expires_at: Option<String>,
    /// To the minute.
    #[schema(format = "date-time", nullable = false)]
    last_used_at: Option<String>,
}

/// An API key that was just made.
#[derive(ToSchema)]
#[schema(example = json!({
    "key": "aipm_0199d5f07d4e7cc398c4dc0c0c07398f_00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff",
    "id": "0199d5f07d4e7cc398c4dc0c0c07398f", "name": "ci", "scopes": ["write"], "created_at": "2026-03-05T14:07:00Z"}))]
pub struct NewKey {
    /// The key, shown this once.
    key: String,
    id: String,
    name: String,
    scopes: Vec<Scope>,
    #[schema(nullable = false)]
    projects: Option<Vec<ProjectId>>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time", nullable = false)]
    expires_at: Option<String>,
}
