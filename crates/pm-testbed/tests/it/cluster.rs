use pm_testbed::{Cluster, Product, Reply, shared, slot_of};

fn asked_for(cluster: &Cluster, key: &str) -> Reply {
    cluster.nodes[cluster.master_of(slot_of(key.as_bytes()))].cli(&["GET", key])
}

#[test]
fn slots_are_those_of_the_server() {
    let node = &shared::cluster().nodes[0];
    for key in ["", "key", "{tag}key", "a{tag}b{c}", "{}key", "a{}{tag}", "{open", "ключ"] {
        assert_eq!(node.cli(&["CLUSTER", "KEYSLOT", key]).int(), i64::from(slot_of(key.as_bytes())), "{key}");
    }
}

#[test]
fn every_slot_is_served_and_others_are_pointed_to() {
    let cluster = shared::cluster();
    assert_eq!([0, 8000, 16_383].map(|slot| cluster.master_of(slot)), [0, 1, 2]);
    let slot = slot_of(b"served");
    let owner = cluster.master_of(slot);
    cluster.nodes[owner].cli(&["SET", "served", "value"]).ok();
    let other = cluster.nodes[(owner + 1) % 3].cli(&["GET", "served"]);
    assert_eq!(other, Reply::Error(format!("MOVED {slot} 127.0.0.1:{}", cluster.nodes[owner].port())));
    let ports: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    assert_eq!(cluster.url(), format!("redis+cluster://{}", ports.join(",")));
}

#[test]
fn a_slot_moves_while_it_is_served() {
    let cluster = shared::cluster();
    let slot = slot_of(b"{moved}");
    let (from, to) = (cluster.master_of(slot), (cluster.master_of(slot) + 1) % 3);
    for number in 0..40 {
        cluster.nodes[from].cli(&["SET", &format!("{{moved}}{number}"), "value"]).ok();
    }
    let migration = cluster.begin_migration(slot, from, to);
    assert_eq!(cluster.move_keys(migration, 10), 10);
    let answers = (0..40).map(|number| cluster.nodes[from].cli(&["GET", &format!("{{moved}}{number}")]));
    let ask = Reply::Error(format!("ASK {slot} 127.0.0.1:{}", cluster.nodes[to].port()));
    assert_eq!(answers.filter(|answer| *answer == ask).count(), 10);
    assert_eq!(cluster.master_of(slot), from);

    cluster.finish_migration(migration);
    assert_eq!(cluster.master_of(slot), to);
    assert!((0..40).all(|number| asked_for(cluster, &format!("{{moved}}{number}")).text() == "value"));
    cluster.migrate_slot(slot, to, from);
    assert_eq!(asked_for(cluster, "{moved}7").text(), "value");
}

#[test]
fn a_replica_takes_over_from_a_dead_node_of_a_valkey_with_a_password() {
    let configs = [("requirepass", "secret"), ("appendonly", "yes"), ("cluster-node-timeout", "1000")];
    let mut cluster = Cluster::start_with(Product::Valkey, &configs);
    assert!(cluster.url().starts_with("redis+cluster://:secret@127.0.0.1:"));
    let slot = slot_of(b"key");
    let owner = cluster.master_of(slot);
    cluster.nodes[owner].cli(&["SET", "key", "value"]).ok();
    cluster.migrate_slot(slot, owner, (owner + 1) % 3);
    let owner = cluster.master_of(slot);
    cluster.wait_until_whole();
    cluster.nodes[owner].kill();
    assert_eq!(cluster.master_of(slot), owner + 3);
    assert_eq!(asked_for(&cluster, "key").text(), "value");
    cluster.nodes[owner].restart();
    cluster.wait_until_whole();
}
