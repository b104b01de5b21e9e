//! The commands that print and end.

use serde_json::Value;

use crate::harness::process::{run, run_into};

#[tokio::test]
async fn the_commands_that_only_print() {
    let folder = tempfile::tempdir().unwrap();
    let version = run(folder.path(), &[], &["--version"]).await.expect(0);
    assert_eq!(version.stdout, format!("ai-pm {}\n", env!("CARGO_PKG_VERSION")));
    let help = run(folder.path(), &[], &["--help"]).await.expect(0).stdout;
    for word in ["serve", "config", "openapi", "export", "import"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let openapi = run(folder.path(), &[], &["openapi"]).await.expect(0);
    assert_eq!(serde_json::from_str::<Value>(&openapi.stdout).unwrap(), pm_server::rest::openapi());
    assert_eq!(openapi.stderr, "");

    let wrong: [&[&str]; 8] = [
        &["sevre"],
        &["--wrong"],
        &["config", "more"],
        &["export"],
        &["export", "--project"],
        &["import", "f"],
        &["import", "--project", "n"],
        &["export", "--project", "p", "--api-key", "k"],
    ];
    for arguments in wrong {
        let ran = run(folder.path(), &[], arguments).await.expect(2);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("try '--help'"), "{arguments:?}: {ran:?}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "none of them makes a file: {left:?}");
}

#[tokio::test]
async fn output_that_nobody_takes_is_a_failure_and_no_panic() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::write(folder.join("empty"), "").unwrap();
    let id = run(folder, &[], &["import", "empty", "--project", "p"]).await.expect(0).stdout;
    let commands: [&[&str]; 4] = [
        &["config"],
        &["openapi"],
        &["export", "--project", id.trim()],
        &["import", "empty", "--project", "p"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = run_into(writer.into(), folder, &[], arguments).await.expect(1);
        assert!(ran.one_line().contains("standard output: "), "{ran:?}");
    }
}
