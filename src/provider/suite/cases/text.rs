//! Texts of all lengths and with all letters.

use crate::suite::case::{Case, Group};

pub(super) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for length in [
        0, 1, 254, 255, 256, 509, 510, 511, 512, 764, 765, 766, 1000, 2048, 4000,
    ] {
        let text: String = "0123456789".chars().cycle().take(length).collect();
        let state = format!("t TXT \"{text}\"");
        let other = format!("t TXT \"{}\"", text.replace('1', "x"));
        all.push(Case::new(
            Group::Txt,
            &format!("{length} bytes"),
            &[&state, &other, ""],
        ));
    }
    let long = format!("t TXT \"{}\"", "ü".repeat(300));
    let dkim = format!(
        "sel._domainkey TXT \"v=DKIM1; k=rsa; p={}\"",
        "MIIBIjANBg/+".repeat(33)
    );
    let of_letters: &[(&str, &[&str])] = &[
        ("a quote inside", &[r#"t TXT "say \"hi\"""#]),
        (
            "a backslash inside",
            &[r#"t TXT "a\\b""#, r#"t TXT "a\\\\b""#],
        ),
        (
            "signs that mean something elsewhere",
            &["t TXT \"`a;b%c$d@(e)\""],
        ),
        ("spaces at its ends", &["t TXT \" a \"", "t TXT \"a\""]),
        ("two spaces inside", &["t TXT \"a  b\"", "t TXT \"a b\""]),
        ("a tab", &[r#"t TXT "a\009b""#]),
        (
            "letters beyond ASCII",
            &["t TXT \"ü漢🚀\"", "t TXT \"ü漢\""],
        ),
        ("letters cut between strings", &[&long]),
        ("bytes that are no UTF-8", &[r#"t TXT "\255\128""#]),
        (
            "a text of somebody's heritage",
            &["t TXT \"heritage=other,other/owner=x\""],
        ),
        (
            "two values at one name",
            &[
                "t TXT \"a\" | \"b\"",
                "t TXT \"b\" | \"a\"",
                "t TXT \"b\" | \"c\"",
            ],
        ),
        (
            "two strings in one value",
            &["t TXT \"a\" \"b\"", "t TXT \"a\" \"c\""],
        ),
        (
            "a text without quotes",
            &["t TXT v=spf1 -all", "t TXT \"v=spf1 -all\""],
        ),
        ("a text that is in quotes itself", &[r#"t TXT "\"x\"""#]),
        ("letters in both cases", &["t TXT \"AbC\""]),
        ("a key of DKIM", &[&dkim, ""]),
        (
            "a text that looks like a number",
            &["t TXT \"1\"", "t TXT \"true\"", "t TXT \"null\""],
        ),
    ];
    for (name, states) in of_letters {
        all.push(Case::new(Group::Txt, name, states));
    }
    all
}
