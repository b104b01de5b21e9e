use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn terms(text: &str) -> Vec<String> {
    tokenize(text).into_iter().map(|token| token.text).collect()
}

fn identifiers(text: &str) -> Vec<String> {
    tokenize(text).into_iter().filter(|token| token.identifier).map(|token| token.text).collect()
}

#[track_caller]
fn check(examples: &[(&str, &[&str])]) {
    for (text, expected) in examples {
        assert_eq!(terms(text), *expected, "{text:?}");
    }
}

#[test]
fn words() {
    check(&[
        ("", &[]),
        ("  \t\n ", &[]),
        ("... !? --", &[]),
        ("The servers are connecting.", &["server", "connect"]),
        ("Caroline's dogs don't bark", &["carolin", "dog", "bark"]),
        ("Caroline\u{2019}s dog doesn\u{2019}t", &["carolin", "dog"]),
        ("O'Brien", &["o", "brien"]),
        ("(see: the log)", &["see", "log"]),
        ("end.", &["end"]),
        ("wait...what", &["wait"]),
        ("50% of $20", &["50", "20"]),
    ]);
}

#[test]
fn accents_compatibility_forms_and_invisible_characters() {
    check(&[
        ("Café CAFÉ cafe\u{301}", &["cafe", "cafe", "cafe"]),
        ("naïve Ångström façade", &["naiv", "angstrom", "facad"]),
        ("Straße STRASSE", &["strass", "strass"]),
        ("Łódź smørrebrød", &["lodz", "smorrebrod"]),
        ("ﬁle ｆｉｌｅ", &["file", "file"]),
        ("İstanbul", &["istanbul"]),
        ("ΟΔΟΣ οδός", &["οδοσ", "οδοσ"]),
        ("Ёлка елка", &["елка", "елка"]),
        ("soft\u{AD}ware", &["softwar"]),
    ]);
}

#[test]
fn right_to_left_scripts() {
    check(&[
        ("مُحَمَّد محمد", &["محمد", "محمد"]),
        ("שָׁלוֹם שלום", &["שלום", "שלום"]),
        ("\u{202B}خطأ 42\u{202C}", &["خطا", "42"]),
    ]);
}

#[test]
fn unspaced_scripts_are_bigrams() {
    check(&[
        ("数据库连接", &["数据", "据库", "库连", "连接"]),
        ("猫", &["猫"]),
        ("データベース", &["デー", "ータ", "タベ", "ベー", "ース"]),
        ("ﾃﾞｰﾀ", &["デー", "ータ"]),
        ("오류가", &["오류", "류가"]),
        ("ข้อผิด", &["ข้", "้อ", "อผ", "ผิ", "ิด"]),
        ("Redis连接失败E0382", &["redi", "连接", "接失", "失败", "e0382"]),
        ("错误，超时", &["错误", "超时"]),
    ]);
}

#[test]
fn emoji() {
    check(&[
        ("🎉🎉 done", &["🎉", "🎉", "done"]),
        ("👍🏽 👍", &["👍", "👍"]),
        ("❤️ ❤", &["❤", "❤"]),
        ("👩\u{200D}💻", &["👩\u{200D}💻"]),
        ("🇩🇪🇫🇷", &["🇩🇪", "🇫🇷"]),
        ("deploy🚀now", &["deploy", "🚀", "now"]),
    ]);
}

#[test]
fn cases_and_separators_of_one_name_share_the_whole_form() {
    check(&[
        ("user_login", &["userlogin", "user", "login"]),
        ("userLogin", &["userlogin", "user", "login"]),
        ("user-login", &["userlogin", "user", "login"]),
        ("UserLogin", &["userlogin", "user", "login"]),
        ("userlogin", &["userlogin"]),
        ("MAX_POOL_SIZE", &["maxpools", "max", "pool", "size"]),
        ("parseURLsNow", &["parseurlsnow", "pars", "url", "now"]),
        ("HTTPServer", &["httpserver", "http", "server"]),
        ("__init__", &["init"]),
        ("utf-8 UTF8", &["utf8", "utf", "8", "utf8"]),
        ("1,000", &["1000", "1", "000"]),
    ]);
}

#[test]
fn paths_addresses_and_dotted_names() {
    check(&[
        ("std::sync::Arc", &["std::sync::arc", "std", "sync", "arc"]),
        (
            "src/user-login.rs",
            &["src/user-login.rs", "src", "user-login.rs", "userlogin", "user", "login", "rs"],
        ),
        (r"C:\temp", &["c", "temp"]),
        ("self.pool.get()", &["self.pool.get", "self", "pool", "get"]),
        ("ops@example.org", &["ops@example.org", "op", "example.org", "exampl", "org"]),
        ("https://example.org/a1", &["https", "example.org/a1", "example.org", "exampl", "org", "a1"]),
        ("D1:12", &["d1:12", "d1", "12"]),
    ]);
}

#[test]
fn versions_and_codes_stay_whole() {
    check(&[
        ("1.2.3", &["1.2.3", "1", "2", "3"]),
        ("v2.0.1-rc1", &["2.0.1-rc1", "2.0.1", "v2", "0", "1", "rc1"]),
        ("serde@1.0.2", &["serde@1.0.2", "serd", "1.0.2", "1", "0", "2"]),
        ("error[E0382]:", &["error", "e0382"]),
        ("ECONNREFUSED", &["econnrefus"]),
        ("0xDEADBEEF", &["0xdeadbeef", "0x", "deadbeef"]),
    ]);
}

#[test]
fn identifiers_are_told_from_words() {
    for (text, expected) in [
        ("the Build failed well-known and-so", &[][..]),
        ("E0382 ECONNREFUSED utf8", &["e0382", "econnrefus", "utf8"]),
        ("userLogin user_login", &["userlogin", "userlogin"]),
        ("src/main.rs", &["src/main.rs", "main.rs"]),
        ("v1.2", &["1.2", "v1"]),
    ] {
        assert_eq!(identifiers(text), expected, "{text:?}");
    }
}

#[test]
fn a_long_term_still_matches_itself_only() {
    let long = "Ab3".repeat(100);
    let [term] = &terms(&long)[..] else { panic!("one term") };
    assert_eq!(term.chars().count(), tuning::MAX_TERM_CHARS);
    assert_eq!(terms(&long), terms(&long));
    assert_ne!(terms(&long), terms(&format!("{long}x")));
}

#[test]
fn key_words_ignore_case_and_punctuation() {
    for (key, expected) in [
        ("Login-500", &["login", "500"][..]),
        ("src/main.rs", &["src", "main", "rs"]),
        ("登录错误", &["登", "录", "错", "误"]),
        ("Café_🚀", &["cafe", "🚀"]),
        ("-- ?", &[]),
    ] {
        assert_eq!(key_words(key), expected, "{key:?}");
    }
}

/// Texts of the largest size that could make a tokenizer slow: each must take time in proportion to its length.
#[test]
fn no_text_is_slow() {
    const BYTES: usize = 256 * 1024;
    for seed in [
        "a",
        "aB",
        "a.",
        "a.b-c_d/",
        "a:",
        "a:\u{301}",
        "\u{301}",
        "e\u{301}\u{327}",
        "\u{FDFA}",
        "🇩",
        "👩\u{200D}",
        "語",
        "a'",
        "'",
        "_",
        "1,",
        "\u{200D}",
        "Ab3/x+",
        "ก\u{E49}",
        "a ",
        "\u{1100}\u{1161}",
        "a\u{AD}",
        "\u{5D0}\"",
    ] {
        let text = seed.repeat(BYTES / seed.len());
        let start = Instant::now();
        let tokens = tokenize(&text);
        // Generous: an unoptimised build on a busy machine takes well under two seconds, quadratic work takes minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{seed:?} took {:?}", start.elapsed());
        assert!(tokens.len() <= 2 * BYTES, "{seed:?} gave {} terms", tokens.len());
    }
}

proptest! {
    #[test]
    fn any_text_gives_bounded_terms(text in any::<String>()) {
        for token in tokenize(&text) {
            prop_assert!(!token.text.is_empty());
            prop_assert!(token.text.chars().count() <= tuning::MAX_TERM_CHARS);
        }
        key_words(&text);
    }

    #[test]
    fn text_of_risky_characters_gives_bounded_terms(
        text in "[aZ0'_.:/\\-@, \u{301}\u{200D}\u{FE0F}\u{1F469}\u{1F3FD}\u{1F1E9}語カก\u{AC00}\u{5D0}\u{627}ßİΣ\u{2019}\u{FDFA}]{0,80}"
    ) {
        let tokens = tokenize(&text);
        prop_assert!(tokens.iter().all(|token| (1..=tuning::MAX_TERM_CHARS).contains(&token.text.chars().count())));
    }

    #[test]
    fn case_does_not_matter_to_words(word in "[a-z]{1,12}") {
        let mut title = word.clone();
        title.get_mut(..1).unwrap().make_ascii_uppercase();
        prop_assert_eq!(terms(&word), terms(&title));
        prop_assert_eq!(terms(&word), terms(&word.to_uppercase()));
    }
}
