use pm_testbed::{Product, Sentinels};

#[test]
fn a_failover_that_is_asked_for_and_one_after_a_death_give_a_new_primary() {
    let mut group = Sentinels::start(Product::Redis);
    let ports: Vec<_> =
        group.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
    assert_eq!(group.url(), format!("redis+sentinel://{}/mymaster", ports.join(",")));
    assert_eq!(group.primary_index(), 0);
    group.servers[0].cli(&["SET", "key", "value"]).ok();
    group.wait_until_in_sync();

    group.force_failover();
    let second = group.primary_index();
    assert_ne!(second, 0);
    assert_eq!(group.servers[second].cli(&["GET", "key"]).text(), "value");

    let old = group.primary();
    group.servers[second].kill();
    group.wait_for_primary_other_than(old);
    let third = group.primary_index();
    group.servers[third].cli(&["SET", "key", "other"]).ok();
    group.servers[second].restart();
    group.wait_until_in_sync();
    assert_eq!(group.servers[second].cli(&["GET", "key"]).text(), "other");
}

#[test]
fn servers_with_a_password_are_watched_and_replaced() {
    let mut group =
        Sentinels::start_with(Product::Valkey, &[("requirepass", "secret"), ("appendonly", "yes")]);
    assert!(group.url().starts_with("redis+sentinel://:secret@127.0.0.1:"));
    group.servers[0].freeze();
    group.wait_for_primary_other_than(group.servers[0].port());
    let new = group.primary_index();
    group.servers[new].cli(&["SET", "key", "value"]).ok();
    group.servers[0].kill();
}
