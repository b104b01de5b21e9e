use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KEY: &[u8] = b"the key of the tests, which has 32 bytes and more";

fn signing() -> Signing {
    Signing { algorithm: Algorithm::HS256, key: KEY.to_vec(), previous: None }
}

fn now() -> Timestamp {
    "2026-03-05T14:07:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn claims() -> Claims {
    Claims::new(Audience::Access, ("ada", "s1"), (now(), after(60)), "j1".to_owned())
}

/// A token of these parts that is signed as it should be.
fn forged(key: &[u8], header: &Value, claims: &str) -> String {
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let signature = Algorithm::HS256.mac(key, &message).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn reads(token: &str) -> bool {
    signing().read(token, Audience::Access, now()).is_some()
}

#[test]
fn a_token_comes_back_as_it_was_written() {
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let signing = Signing { algorithm, ..signing() };
        let token = signing.write(&claims()).unwrap();
        assert_eq!(signing.read(&token, Audience::Access, now()), Some(claims()), "{algorithm:?}");
        let header = token.split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(header, json!({"alg": format!("{algorithm:?}"), "typ": "JWT"}));
    }
}

/// RFC 7515, appendix A.1: its key, its message and its signature.
#[test]
fn it_signs_as_the_standard_does() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = Algorithm::HS256.mac(&URL_SAFE_NO_PAD.decode(key).unwrap(), message).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

#[test]
fn it_holds_for_its_time_and_the_leeway() {
    let token = signing().write(&claims()).unwrap();
    let reads = |seconds| signing().read(&token, Audience::Access, after(seconds)).is_some();
    for (seconds, holds) in [(-31, false), (-30, true), (0, true), (60, true), (89, true), (90, false)] {
        assert_eq!(reads(seconds), holds, "{seconds} s");
    }
}

#[test]
fn an_earlier_key_verifies_and_does_not_sign() {
    let old = signing();
    let new = Signing { key: b"another".to_vec(), previous: Some(KEY.to_vec()), ..signing() };
    let (by_old, by_new) = (old.write(&claims()).unwrap(), new.write(&claims()).unwrap());
    let reads = |signing: &Signing, token| signing.read(token, Audience::Access, now()).is_some();
    assert!(reads(&new, &by_old) && reads(&new, &by_new) && !reads(&old, &by_new));
    let later = Signing { previous: None, ..new };
    assert!(!reads(&later, &by_old) && reads(&later, &by_new));
    assert_eq!(format!("{later:?}"), "Signing(HS256)", "a key is never printed");
}

#[test]
fn what_was_not_made_here_is_no_token() {
    let good = signing().write(&claims()).unwrap();
    assert!(reads(&good));
    let [header, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let said = serde_json::to_value(claims()).unwrap();
    let right = json!({"alg": "HS256", "typ": "JWT"});
    let with = |name: &str, value: Value| {
        let mut said = said.clone();
        said[name] = value;
        forged(KEY, &right, &said.to_string())
    };
    assert!(reads(&with("jti", json!("other"))), "the forger knows the form");
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let admin = URL_SAFE_NO_PAD.encode(json!({"sub": "root"}).to_string());
    let cases = [
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("two parts", format!("{header}.{body}")),
        ("no signature", format!("{header}.{body}.")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts, as an encrypted one has", format!("{header}.{body}.{signature}.a.b")),
        ("alg none, unsigned", format!("{unsigned}.{body}.")),
        ("alg none, signed", forged(KEY, &json!({"alg": "none", "typ": "JWT"}), &said.to_string())),
        ("alg NonE", forged(KEY, &json!({"alg": "NonE", "typ": "JWT"}), &said.to_string())),
        ("alg of the wrong length", forged(KEY, &json!({"alg": "HS512", "typ": "JWT"}), &said.to_string())),
        ("alg of another family", forged(KEY, &json!({"alg": "RS256", "typ": "JWT"}), &said.to_string())),
        ("no alg", forged(KEY, &json!({"typ": "JWT"}), &said.to_string())),
        (
            "a kid that is a path",
            forged(KEY, &json!({"alg": "HS256", "typ": "JWT", "kid": "../../dev/null"}), &said.to_string()),
        ),
        (
            "a jwk of its own",
            forged(
                KEY,
                &json!({"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": ""}}),
                &said.to_string(),
            ),
        ),
        (
            "a critical extension",
            forged(KEY, &json!({"alg": "HS256", "typ": "JWT", "crit": ["exp"]}), &said.to_string()),
        ),
        ("another key", forged(b"another key", &right, &said.to_string())),
        ("an empty key", forged(b"", &right, &said.to_string())),
        ("other claims under the signature", format!("{header}.{admin}.{signature}")),
        ("a signature cut short", good[..good.len() - 1].to_owned()),
        (
            "a signature with loose bits",
            format!("{}{}", &good[..good.len() - 1], if good.ends_with('B') { 'C' } else { 'B' }),
        ),
        ("padding", format!("{good}=")),
        ("the alphabet of base64", format!("{good}+/")),
        ("a space before", format!(" {good}")),
        ("a line after", format!("{good}\n")),
        ("upper case", good.to_uppercase()),
        ("not ASCII", format!("{header}.é.{signature}")),
        ("very long", format!("{header}.{}.{signature}", "A".repeat(1_000_000))),
        ("claims that are no JSON", forged(KEY, &right, "{")),
        ("claims that are an array", forged(KEY, &right, "[1]")),
        ("claims nested deep", forged(KEY, &right, &"[".repeat(500))),
        ("a claim twice", forged(KEY, &right, &said.to_string().replacen('{', r#"{"sub":"root","#, 1))),
        ("another audience", with("aud", json!("ai-pm/refresh"))),
        ("an audience that is a list", with("aud", json!(["ai-pm"]))),
        ("another issuer", with("iss", json!("ai-pm.example"))),
        ("an end in the past", with("exp", json!(1))),
        ("an end that is text", with("exp", json!("9999999999"))),
        ("an end that is no number there is", with("exp", json!(1e300))),
        ("an end before all time", with("exp", json!(i64::MIN))),
        ("no end", with("exp", Value::Null)),
        ("a start to come", with("nbf", json!(now().as_second() + 31))),
        ("a start after all time", with("nbf", json!(i64::MAX))),
        ("a user that is a number", with("sub", json!(0))),
        ("no session", with("sid", Value::Null)),
    ];
    for (what, token) in cases {
        assert!(!reads(&token), "{what}: {token}");
    }
}

proptest! {
    #[test]
    fn any_change_of_a_character_is_seen(at in any::<prop::sample::Index>(), with in any::<char>()) {
        let good = signing().write(&claims()).unwrap();
        let at = at.index(good.len());
        let changed = format!("{}{with}{}", &good[..at], &good[at + 1..]);
        prop_assert_eq!(reads(&changed), changed == good);
    }

    #[test]
    fn whatever_is_sent_is_refused(sent in ".{0,200}") {
        prop_assert!(!reads(&sent));
    }
}
