//! Sessions last until they end, and no longer. On a paused clock.

use std::time::Duration;

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::input::Fields;
use pm_core::model::{Grant, Password, Scope, UserDraft, UserName};
use pm_core::operations::{AuditList, Tokens, WATCH_EVERY};
use pm_core::policy::{Actor, Principal, PrincipalKind};
use tokio::time::sleep;

use crate::door::{Door, Vault};

const PASSWORD: &str = "correct horse battery";

fn password(text: &str) -> Password {
    Password::claimed(text.to_owned())
}

/// Whom nobody knows yet.
fn somebody() -> Actor {
    Actor::local(Principal::anonymous())
}

fn name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

impl Door {
    async fn user(&self, called: &str, scope: Scope) {
        let grant = Grant::everywhere(&[scope]);
        let draft = UserDraft { name: name(called), password: password(PASSWORD), grant };
        self.users.add(draft, &Actor::shell()).await.unwrap();
    }

    async fn logged_in(&self, called: &str) -> Tokens {
        self.sessions.log_in(called, password(PASSWORD), &somebody()).await.unwrap().unwrap()
    }

    async fn refreshed(&self, token: &str) -> Option<Tokens> {
        self.sessions.refresh(token, &somebody()).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_logs_in_with_his_password_alone() {
    let door = Vault::new().door();
    door.user("ada", Scope::Write).await;
    for (who, with) in [("ada", "wrong"), ("ada", ""), ("bob", PASSWORD), ("", PASSWORD), ("a b\n", PASSWORD)]
    {
        assert!(door.sessions.log_in(who, password(with), &somebody()).await.unwrap().is_none(), "{who}");
    }
    let tokens = door.logged_in("ada").await;
    assert_eq!(tokens.expires_in, 1800);
    let principal = door.access.authenticate(&tokens.access).await.unwrap().unwrap();
    assert_eq!((principal.kind, principal.name.as_str()), (PrincipalKind::User, "ada"));
    assert_eq!(
        (principal.identity().as_str(), &principal.grant),
        ("user:ada", &Grant::everywhere(&[Scope::Write]))
    );
    assert!(!door.lets_in(&tokens.refresh).await, "it is good for new tokens alone");
    assert!(door.refreshed(&tokens.access).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_name_is_given_once() {
    let door = Vault::new().door();
    door.user("ada", Scope::Read).await;
    let draft =
        UserDraft { name: name("ada"), password: password("x"), grant: Grant::everywhere(&[Scope::Admin]) };
    assert!(matches!(door.users.add(draft, &Actor::shell()).await, Err(Error::Invalid(_))));
    assert!(door.sessions.log_in("ada", password("x"), &somebody()).await.unwrap().is_none());
    for nobody in ["bob", "Ada"] {
        assert!(
            matches!(door.users.remove(&name(nobody), &Actor::shell()).await, Err(Error::Invalid(_))),
            "{nobody}"
        );
        assert!(matches!(
            door.users.set_password(&name(nobody), password("x"), &Actor::shell()).await,
            Err(Error::Invalid(_))
        ));
    }
    door.user("bob", Scope::Admin).await;
    let listed = door.users.list(None).await.unwrap();
    assert_eq!(listed.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ada", "bob"]);
    assert_eq!(door.users.list(Some(&name("ada"))).await.unwrap(), listed[1..]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_good_once_and_twice_is_theft() {
    let door = Vault::new().door();
    door.user("ada", Scope::Read).await;
    let first = door.logged_in("ada").await;
    let elsewhere = door.logged_in("ada").await;
    let second = door.refreshed(&first.refresh).await.unwrap();
    let third = door.refreshed(&second.refresh).await.unwrap();
    assert!(door.lets_in(&first.access).await && door.lets_in(&third.access).await);
    assert!(door.refreshed(&second.refresh).await.is_none());
    for of_the_family in [&first, &second, &third] {
        assert!(!door.lets_in(&of_the_family.access).await);
        assert!(door.refreshed(&of_the_family.refresh).await.is_none());
    }
    assert!(door.lets_in(&elsewhere.access).await, "another log-in is another session");
    assert!(door.refreshed(&elsewhere.refresh).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn of_two_that_come_at_once_one_at_most_is_answered() {
    let door = Vault::new().door();
    door.user("ada", Scope::Read).await;
    let tokens = door.logged_in("ada").await;
    let (one, other) = tokio::join!(door.refreshed(&tokens.refresh), door.refreshed(&tokens.refresh));
    assert!(one.is_none() || other.is_none());
    for of_the_family in [Some(tokens), one, other].into_iter().flatten() {
        assert!(!door.lets_in(&of_the_family.access).await, "its session is over");
    }
}

#[tokio::test(start_paused = true)]
async fn who_logs_out_is_out_here_at_once_and_elsewhere_within_a_second() {
    let vault = Vault::new();
    let (here, there) = (vault.door(), vault.door());
    here.user("ada", Scope::Read).await;
    here.watched().await;
    there.watched().await;
    let (by_refresh, by_session) = (here.logged_in("ada").await, here.logged_in("ada").await);
    for tokens in [&by_refresh, &by_session] {
        assert!(here.lets_in(&tokens.access).await && there.lets_in(&tokens.access).await);
    }
    assert!(here.sessions.log_out(&by_refresh.refresh, &somebody()).await.unwrap());
    assert!(
        !here.sessions.log_out(&by_session.access, &somebody()).await.unwrap(),
        "that is no refresh token"
    );
    let principal = here.access.authenticate(&by_session.access).await.unwrap().unwrap();
    assert!(here.sessions.leave(&Actor { principal, ..somebody() }).await.unwrap());
    assert!(!here.sessions.leave(&Actor::shell()).await.unwrap(), "he has no session");
    for tokens in [&by_refresh, &by_session] {
        assert!(!here.lets_in(&tokens.access).await && here.refreshed(&tokens.refresh).await.is_none());
        assert!(there.lets_in(&tokens.access).await, "it has not heard of it yet");
    }
    sleep(WATCH_EVERY).await;
    for tokens in [&by_refresh, &by_session] {
        assert!(!there.lets_in(&tokens.access).await);
    }
}

#[tokio::test(start_paused = true)]
async fn another_password_or_none_any_more_ends_all_sessions() {
    let vault = Vault::new();
    let (server, shell) = (vault.door(), vault.door());
    server.watched().await;
    for who in ["ada", "bob", "eve"] {
        server.user(who, Scope::Read).await;
    }
    let (ada, bob) = (server.logged_in("ada").await, server.logged_in("bob").await);
    let eve = server.logged_in("eve").await;
    assert!(server.lets_in(&ada.access).await && server.lets_in(&bob.access).await);
    shell.users.set_password(&name("ada"), password("another one"), &Actor::shell()).await.unwrap();
    shell.users.remove(&name("bob"), &Actor::shell()).await.unwrap();
    // Refreshing asks the vault itself.
    assert!(server.refreshed(&ada.refresh).await.is_none() && server.refreshed(&bob.refresh).await.is_none());
    sleep(WATCH_EVERY).await;
    assert!(!server.lets_in(&ada.access).await && !server.lets_in(&bob.access).await);
    assert!(server.lets_in(&eve.access).await);
    assert!(server.sessions.log_in("ada", password(PASSWORD), &somebody()).await.unwrap().is_none());
    assert!(server.sessions.log_in("ada", password("another one"), &somebody()).await.unwrap().is_some());
    // Whoever has the name later is somebody else.
    server.user("bob", Scope::Admin).await;
    assert!(!server.lets_in(&bob.access).await && server.refreshed(&bob.refresh).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn tokens_and_sessions_have_an_end() {
    let vault = Vault::new();
    let door = vault.door();
    door.watched().await;
    door.user("ada", Scope::Read).await;
    let mut tokens = door.logged_in("ada").await;
    vault.clock.advance(SignedDuration::from_mins(30) + SignedDuration::from_secs(29));
    assert!(door.lets_in(&tokens.access).await, "within the leeway");
    vault.clock.advance(SignedDuration::from_secs(1));
    assert!(!door.lets_in(&tokens.access).await);
    for _ in 0..29 {
        vault.clock.advance(SignedDuration::from_hours(24));
        tokens = door.refreshed(&tokens.refresh).await.unwrap();
        assert!(door.lets_in(&tokens.access).await);
    }
    vault.clock.advance(SignedDuration::from_hours(23) + SignedDuration::from_mins(20));
    tokens = door.refreshed(&tokens.refresh).await.unwrap();
    assert!(tokens.expires_in < 1800, "a token does not outlast its session");
    vault.clock.advance(SignedDuration::from_mins(11));
    assert!(!door.lets_in(&tokens.access).await && door.refreshed(&tokens.refresh).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn while_the_vault_is_away_nobody_logs_in_and_nothing_is_lost() {
    let vault = Vault::new();
    let door = vault.door();
    door.watched().await;
    door.user("ada", Scope::Read).await;
    let tokens = door.logged_in("ada").await;
    assert!(door.lets_in(&tokens.access).await);
    vault.store.fail(true);
    assert!(door.lets_in(&tokens.access).await, "for a moment");
    let answers = [
        door.sessions.log_in("ada", password(PASSWORD), &somebody()).await.map(drop),
        door.sessions.refresh(&tokens.refresh, &somebody()).await.map(drop),
        door.sessions.log_out(&tokens.refresh, &somebody()).await.map(drop),
    ];
    for answer in answers {
        assert!(matches!(answer, Err(Error::StoreUnavailable(_))), "{answer:?}");
    }
    vault.store.fail(false);
    assert!(door.refreshed(&tokens.refresh).await.is_some());
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_user_who_administers_ends_the_bootstrap_key() {
    let door = Vault::new().door();
    door.user("ada", Scope::Write).await;
    let bootstrap = door.access.bootstrap().await.unwrap().unwrap().expose();
    assert!(door.lets_in(&bootstrap).await);
    door.user("root", Scope::Admin).await;
    assert!(!door.lets_in(&bootstrap).await);
}

#[tokio::test(start_paused = true)]
async fn what_users_and_shells_do_is_recorded() {
    let door = Vault::new().door();
    door.user("ada", Scope::Read).await;
    for (who, with) in [("ada", "wrong"), ("eve", PASSWORD), ("my password!", "ada")] {
        assert!(door.sessions.log_in(who, password(with), &somebody()).await.unwrap().is_none());
    }
    let (first, second) = (door.logged_in("ada").await, door.logged_in("ada").await);
    door.refreshed(&first.refresh).await.unwrap();
    assert!(door.refreshed(&first.refresh).await.is_none());
    for _ in 0..2 {
        assert!(door.sessions.log_out(&second.refresh, &somebody()).await.unwrap());
    }
    door.users.set_password(&name("ada"), password("another one"), &Actor::shell()).await.unwrap();
    door.users.remove(&name("ada"), &Actor::shell()).await.unwrap();
    let list = AuditList::new(Fields::of_query(Vec::new())).unwrap();
    let mut entries = door.audit.list(&list).await.unwrap().entries;
    // Those of one instant, which the clock stands still at, come in any order.
    entries.sort_by(|left, right| (&left.act, &left.target.user).cmp(&(&right.act, &right.target.user)));
    let said: Vec<_> = entries
        .iter()
        .map(|entry| (entry.act.as_str(), entry.actor.as_str(), entry.target.user.as_deref()))
        .collect();
    assert_eq!(
        said,
        [
            ("login", "user:ada", None),
            ("login", "user:ada", None),
            ("login_failed", "anonymous", None),
            ("login_failed", "anonymous", Some("ada")),
            ("login_failed", "anonymous", Some("eve")),
            ("logout", "user:ada", None),
            ("token_reused", "user:ada", None),
            ("user_changed", "shell", Some("ada")),
            ("user_created", "shell", Some("ada")),
            ("user_removed", "shell", Some("ada")),
        ]
    );
}
