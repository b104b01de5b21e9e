//! The store port's contract as tests. An adapter writes a [`Harness`] and calls
//! [`conformance_tests!`](crate::conformance_tests), which makes one `#[tokio::test]` of each function here.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this is test code: what is not as expected panics"
)]

/// Asserts that a call fails with an error of this kind.
macro_rules! assert_fails {
    ($outcome:expr, $error:pat) => {{
        let outcome = $outcome;
        assert!(matches!(outcome, Err($error)), "expected {}, got {outcome:?}", stringify!($error));
    }};
}

pub mod archived;
pub mod boundary;
pub mod closing;
pub mod concurrency;
pub mod conditions;
pub mod expiry;
mod fixture;
pub mod following;
pub mod item_lists;
pub mod items;
pub mod limits;
mod list;
pub mod messages;
pub mod once;
pub mod paging;
pub mod project_lists;
pub mod projects;
pub mod scans;
pub mod text;
pub mod vault;
pub mod vectors;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pm_core::ports::{Store, Vault};

/// What the suite needs of an adapter under test: an empty store of its own, and a grip on its time.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// The vault that the store keeps too.
    fn vault(&self) -> Arc<dyn Vault>;

    /// What the store's clock shows.
    fn now(&self) -> Timestamp;

    /// A span of time that is long against a handful of calls: what tests give things to live.
    fn moment(&self) -> SignedDuration;

    /// Lets at least a moment pass.
    async fn let_a_moment_pass(&self);

    /// How many changes a follower may leave unread before it has lost track, at most.
    fn follower_entries(&self) -> usize;
}

/// Makes a test of every function of the suite. `$harness` is the path of a function that makes a harness:
/// `async fn() -> impl Harness`.
#[macro_export]
macro_rules! conformance_tests {
    ($harness:path) => {
        $crate::conformance_tests! { @areas $harness;
            archived: refuses_writes, can_be_read, comes_before_other_checks;
            boundary: nothing_is_seen_from_another_project, deleting_leaves_nothing;
            closing: answers_unavailable_afterwards, finishes_what_was_accepted;
            concurrency: versions_are_unique, one_creator_wins, one_replacement_wins, limit_holds, readers_see_whole_batches,
                each_gets_its_own_outcome, who_gives_up_takes_nobody_along;
            conditions: on_puts, on_deletes, on_projects, on_messages, only_for_a_single_item;
            expiry: is_absent_everywhere, frees_its_name, frees_its_place, is_swept, sweeps_are_bounded;
            following: sees_every_kind_of_change, sees_no_other_project, ends_with_its_project, shows_no_refused_write,
                loses_track_at_its_bound, may_be_dropped, rebuilds_the_state, sees_replays_once;
            item_lists: sorts_and_breaks_ties, filters_and_totals, pages_cover_the_list;
            items: keep_every_field, are_identified_by_type_and_key, are_read_in_order_of_names,
                replace_and_raise_the_version, batches_are_atomic, empty_batches_are_checked, are_deleted_by_type,
                are_cleared, are_counted, versions_are_never_given_again;
            limits: reject, replacing_is_never_beyond, batches_are_refused_whole, evict_the_oldest, evict_not_what_is_written,
                lowered_limits;
            messages: keep_every_field, are_deleted, are_listed_by_time, are_filtered, pages_cover_the_list;
            once: replays_each_kind, mismatches, is_checked_first, is_forgotten, keeps_no_record_of_failures,
                twins_write_once;
            paging: items_while_others_come_and_go, messages_while_others_come_and_go, projects_while_others_come_and_go;
            project_lists: sorts_and_breaks_ties, filters_by_status, searches_literally;
            projects: keep_every_field, are_absent, are_replaced_in_their_version, are_deleted, have_a_revision;
            scans: go_by_type_and_key, see_each_item_once_under_writes;
            text: has_no_special_characters, prefixes_go_by_bytes, sorts_by_bytes;
            vault: keep_every_field, are_absent, are_replaced_in_their_version, have_versions_never_given_before,
                one_creator_wins, one_replacement_wins, are_listed_by_bytes, pages_cover_the_list,
                are_read_and_counted_by_range, pages_cover_the_list_backwards, counts_are_of_what_lives, expire, are_swept,
                revision_rises, revision_rises_in_the_same_step, shelves_are_apart, answers_unavailable_when_closed;
            vectors: keep_every_byte, belong_to_a_model, belong_to_a_version, are_left_out_without_their_item,
                go_with_their_item, go_with_what_expires, go_with_their_project, are_taken_by_archived_projects,
                change_nothing_else, are_walked_in_order, are_walked_under_writes, have_any_key, are_put_by_the_thousand;
        }
    };
    (@areas $harness:path; $($area:ident: $($test:ident),+;)+) => {
        $(
            mod $area {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $test() {
                        let harness = $harness().await;
                        $crate::conformance::$area::$test(&harness).await;
                    }
                )+
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    /// No function of the suite is left out of the macro.
    #[test]
    fn every_test_is_listed() {
        let suite = include_str!("mod.rs");
        let areas = [
            ("archived", include_str!("archived.rs")),
            ("boundary", include_str!("boundary.rs")),
            ("closing", include_str!("closing.rs")),
            ("concurrency", include_str!("concurrency.rs")),
            ("conditions", include_str!("conditions.rs")),
            ("expiry", include_str!("expiry.rs")),
            ("following", include_str!("following.rs")),
            ("item_lists", include_str!("item_lists.rs")),
            ("items", include_str!("items.rs")),
            ("limits", include_str!("limits.rs")),
            ("messages", include_str!("messages.rs")),
            ("once", include_str!("once.rs")),
            ("paging", include_str!("paging.rs")),
            ("project_lists", include_str!("project_lists.rs")),
            ("projects", include_str!("projects.rs")),
            ("scans", include_str!("scans.rs")),
            ("text", include_str!("text.rs")),
            ("vault", include_str!("vault.rs")),
            ("vectors", include_str!("vectors.rs")),
        ];
        assert_eq!(suite.matches("\npub mod ").count(), areas.len());
        for (area, source) in areas {
            let start = suite.find(&format!("            {area}: ")).unwrap();
            let listed = suite[start..].split(';').next().unwrap();
            let listed: Vec<_> = listed.split([':', ',']).skip(1).map(str::trim).collect();
            let defined: Vec<_> =
                source.split("\npub async fn ").skip(1).map(|rest| rest.split('(').next().unwrap()).collect();
            assert_eq!(listed, defined, "{area}");
        }
    }
}
