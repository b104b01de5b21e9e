use serde_json::json;

use super::super::conversation::shown;
use super::*;

fn messages(conversation: &Value) -> Vec<Result<Value, String>> {
    shown(read(conversation.to_string().as_bytes(), 1, "f: conversation 1"))
}

fn node(parent: Option<&str>, role: &str, time: Option<f64>, content: &Value) -> Value {
    json!({"parent": parent, "children": [], "message": {"author": {"role": role}, "create_time": time, "content": content}})
}

fn text(parent: &str, role: &str, time: f64, text: &str) -> Value {
    node(Some(parent), role, Some(time), &json!({"content_type": "text", "parts": [text]}))
}

#[test]
fn the_current_branch_is_followed() {
    let mut conversation = json!({"title": "T", "create_time": 100.0, "conversation_id": "c", "current_node": "a2",
        "mapping": {
            "a1": text("u", "assistant", 103.0, "first answer"),
            "root": {"id": "root", "message": null, "parent": null, "children": ["s"]},
            "s": node(Some("root"), "system", None, &json!({"content_type": "text", "parts": [""]})),
            "u": text("s", "user", 101.5, "question"),
            "a2": text("u", "assistant", 102.25, "second answer")}});
    let said = |role: &str, content: &str, time: &str| json!({"role": role, "content": content, "session_id": "c", "timestamp": time});
    let mut question = said("user", "question", "1970-01-01T00:01:41.5Z");
    question["metadata"] = json!({"summary": "T"});
    let wanted = [
        Err("left out: without text".to_owned()),
        Ok(question),
        Ok(said("ai_pm", "second answer", "1970-01-01T00:01:42.25Z")),
        Err("left out: on another branch".to_owned()),
    ];
    assert_eq!(messages(&conversation), wanted);
    // Where no node is named, or one that is not there, it is the leaf that was said last.
    for current in [json!(null), json!("gone")] {
        conversation["current_node"] = current;
        let messages = messages(&conversation);
        assert_eq!(messages[2].as_ref().unwrap()["content"], "first answer");
    }
    conversation["mapping"]["root"]["parent"] = json!("a1");
    let circle = messages(&conversation);
    assert_eq!(circle, [Err("its messages go round in a circle".to_owned())]);
}

#[test]
fn a_parent_that_is_not_there_is_a_fault_of_the_conversation() {
    let mapping = json!({"a": text("gone", "user", 1.0, "x"), "b": text("a", "assistant", 2.0, "y")});
    let read = messages(&json!({"mapping": mapping, "current_node": "b"}));
    let fault = read[0].as_ref().unwrap_err();
    assert!(fault.contains("\"gone\", the parent of one"), "{read:?}");
    assert_eq!(read.len(), 1);
}

#[test]
fn every_kind_of_content_that_has_text() {
    let contents = [
        (json!({"content_type": "text", "parts": ["a", "b"]}), Some("a\n\nb")),
        (
            json!({"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer",
            "asset_pointer": "file-service://x"}, "look", {"content_type": "audio_transcription", "text": "said"}]}),
            Some("[image]\n\nlook\n\nsaid"),
        ),
        (json!({"content_type": "code", "language": "python", "text": "print(1)"}), Some("print(1)")),
        (json!({"content_type": "execution_output", "text": "1"}), Some("1")),
        (json!({"content_type": "tether_browsing_display", "result": "found"}), Some("found")),
        (
            json!({"content_type": "user_editable_context", "user_profile": "me", "user_instructions": "be short"}),
            Some("me\n\nbe short"),
        ),
        (json!({"content_type": "thoughts", "thoughts": [{"content": "hm"}]}), None),
        (json!({"content_type": "text", "parts": [null]}), None),
        (json!(null), None),
    ];
    for (content, wanted) in contents {
        let mapping = json!({"a": node(None, "tool", Some(1.0), &content)});
        let messages = messages(&json!({"mapping": mapping, "current_node": "a"}));
        let found = messages[0].as_ref().ok().map(|message| message["content"].as_str().unwrap());
        assert_eq!(found, wanted, "{content}");
        assert!(messages[0].as_ref().is_ok_and(|message| message["role"] == "system") || wanted.is_none());
    }
    let mut with_file = node(None, "user", Some(1.0), &json!({"content_type": "text", "parts": [""]}));
    with_file["message"]["metadata"] = json!({"attachments": [{"name": "a.pdf"}]});
    let messages = messages(&json!({"mapping": {"a": with_file}, "current_node": "a"}));
    assert_eq!(messages[0].as_ref().unwrap()["content"], "[file: a.pdf]");
}

#[test]
fn a_bad_message_is_bad_alone() {
    let mapping = json!({
        "a": node(None, "user", Some(1e300), &json!({"content_type": "text", "parts": ["x"]})),
        "b": text("a", "stranger", 2.0, "x"),
        "c": {"parent": "b", "message": "no object"},
        "d": text("c", "user", 3.0, "good"),
    });
    let messages = messages(&json!({"mapping": mapping, "current_node": "d", "id": "c"}));
    for (at, word) in [(0, "create_time"), (1, "author.role"), (2, "invalid type")] {
        let fault = messages[at].as_ref().unwrap_err();
        let place = format!("f: conversation 1, message {}: ", at + 1);
        assert!(fault.starts_with(&place) && fault.contains(word), "{word}: {fault}");
    }
    assert_eq!(messages[3].as_ref().unwrap()["content"], "good");
    for odd in [json!({}), json!({"mapping": []}), json!({"mapping": {}, "create_time": "never"})] {
        assert!(read(odd.to_string().as_bytes(), 1, "f: conversation 1").is_err(), "{odd}");
    }
}
