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
async fn output_that_nobody_takes_is_no_panic_and_no_whole_export() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::write(folder.join("in.ndjson"), r#"{"type":"error","key":"k","value":1}"#).unwrap();
    let import = ["import", "in.ndjson", "--project", "p"];
    let id = run(folder, &[], &import).await.expect(0).stdout;
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    };
    // Half an export is none; of the others, who listens no more has read enough.
    let ran = run_into(closed(), folder, &[], &["export", "--project", id.trim()]).await.expect(1);
    assert!(ran.one_line().contains("standard output: "), "{ran:?}");
    for arguments in [["config"], ["openapi"]] {
        let ran = run_into(closed(), folder, &[], &arguments).await.expect(0);
        assert_eq!(ran.stderr, "");
    }
    // What has been imported is, and its id is said on standard error as well.
    let ran = run_into(closed(), folder, &[], &import).await.expect(0);
    assert!(ran.stderr.contains("imported into \"p\" (0"), "{ran:?}");
}
