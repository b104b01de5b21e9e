//! What people see, and what is made for shells and readers.

use super::{Place, SETTINGS};
use crate::harness::process::run;

#[tokio::test]
async fn what_is_piped_is_plain_and_aligned() {
    let place = Place::new(false).await;
    let folder = place.folder.path();
    place
        .run(&["remember", "login-500", "東京 is\taway\n\u{1b}[2J", "-p", "p", "-t", "error"])
        .await
        .expect(0);
    place.run(&["remember", "k", "short", "-p", "p", "-t", "dependency"]).await.expect(0);
    let recall = ["recall", "-p", "p", "--limit", "2"];
    let plain = place.run(&recall).await.expect(0).stdout;
    let lines: Vec<&str> = plain.lines().collect();
    assert!(lines[0].ends_with("TYPE        KEY        VALUE"), "{plain}");
    assert!(lines[1].ends_with("dependency  k          short"), "{plain}");
    assert!(lines[2].ends_with("error       login-500  東京 is away \\u{1b}[2J"), "{plain}");
    assert!(!plain.contains(['\t', '\u{1b}']), "{plain:?}");

    let forced = [SETTINGS[0], ("CLICOLOR_FORCE", "1")];
    let bright = run(folder, &forced, &recall).await.expect(0).stdout;
    assert!(bright.contains("\u{1b}[36mlogin-500\u{1b}[0m") && !bright.contains("\u{1b}[2J"), "{bright:?}");
    let quiet = [forced[0], forced[1], ("NO_COLOR", "1")];
    assert_eq!(run(folder, &quiet, &recall).await.expect(0).stdout, plain);
    let json = run(folder, &forced, &["recall", "-p", "p", "--json"]).await.expect(0).stdout;
    assert!(!json.contains('\u{1b}'), "{json:?}");
}

#[tokio::test]
async fn recall_shows_how_sure_it_is_and_why() {
    let place = Place::new(false).await;
    place
        .run(&["remember", "login-500", "ECONNREFUSED by the cache", "-p", "p", "-t", "error"])
        .await
        .expect(0);
    let shown = place.run(&["recall", "ECONNREFUSED", "-p", "p", "--explain"]).await.expect(0).stdout;
    for word in ["RELEVANCE", "█", "login-500", "    lexical ", "    score "] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert!(
        place
            .run(&["recall", "-p", "p", "-t", "solution"])
            .await
            .expect(0)
            .stdout
            .starts_with("nothing of p")
    );
    let context = place.run(&["context", "ECONNREFUSED", "-p", "p"]).await.expect(0).stdout;
    assert!(context.contains("question    ECONNREFUSED\nconfidence  0."), "{context}");
    let count = place.run(&["count", "-p", "p"]).await.expect(0).stdout;
    assert_eq!(
        count,
        "TYPE        ITEMS\nerror           1\nsolution        0\ncontext         0\ndependency      0\nall             1\n"
    );
    let stats = place.run(&["stats"]).await.expect(0).stdout;
    assert!(stats.contains("projects") && stats.contains("all             1"), "{stats}");
    place
        .run(&["projects", "create", "a name of some length", "--description", "all about it"])
        .await
        .expect(0);
    for columns in [60, 80, 100] {
        let settings = [SETTINGS[0], ("COLUMNS", &columns.to_string())];
        let shown = run(place.folder.path(), &settings, &["projects"]).await.expect(0).stdout;
        assert!(shown.lines().all(|line| line.chars().count() <= columns), "{columns}: {shown}");
        assert!(shown.contains("a name"), "{shown}");
    }
    assert!(place.run(&["projects"]).await.expect(0).stdout.contains("active  "));
    assert!(place.run(&["projects", "show", "p"]).await.expect(0).stdout.contains("name        p\n"));
}

#[tokio::test]
async fn completions_and_man_pages_know_the_commands() {
    let place = Place::new(false).await;
    let folder = place.folder.path();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(folder, &[], &["completions", shell]).await.expect(0).stdout;
        for word in ["remember", "doctor", "explain"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let page = run(folder, &[], &["man"]).await.expect(0).stdout;
    assert!(page.contains(".TH ai-pm 1") && page.contains("recall"), "{page}");
    for (command, title) in
        [(&["man", "recall"][..], "ai-pm-recall"), (&["man", "projects", "create"], "ai-pm-projects-create")]
    {
        let page = run(folder, &[], command).await.expect(0).stdout;
        assert!(page.contains(&format!(".TH {title} 1")) && page.contains("Examples:"), "{page}");
    }
    assert!(std::fs::read_dir(folder).unwrap().next().is_none(), "they make no file");
}
