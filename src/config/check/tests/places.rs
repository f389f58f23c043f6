//! Broken settings files: each mistake is said where it stands.

use super::of_file;

/// Judges a file in which `«` stands in front of the place of its first mistake.
fn place(marked: &str, expected: &str) -> Result<(), String> {
    let before = marked.split_once('«').map_or(marked, |(before, _)| before);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    let said = match of_file(&marked.replace('«', "")) {
        Ok(_) => "nothing".to_owned(),
        Err(problems) => problems.to_string(),
    };
    let start = format!("error: etc/zonewright.yaml:{line}:{column}: ");
    // A file without zones is told of that first.
    let mut lines = said.lines();
    match lines.any(|line| line.starts_with(&start) && line.contains(expected)) {
        true => Ok(()),
        false => Err(format!("{marked}\n{start}{expected}\n{said}\n")),
    }
}

#[test]
fn mistakes_are_said_where_they_stand() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(marked, expected)| place(marked, expected).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        TABLE.len(),
        wrong.join("\n")
    );
}

const TABLE: &[(&str, &str)] = &[
    // Keys.
    ("version: 1\n«lisen: x\n", "\"lisen\" is not a setting"),
    (
        "version: 1\nlisten: 127.0.0.1:53\n«lisen: x\n",
        "\"lisen\" is not a setting",
    ),
    ("version: 1\n«'lisen': x\n", "\"lisen\" is not a setting"),
    (
        "version: 1\n# a remark\n\n«lisen: x\n",
        "\"lisen\" is not a setting",
    ),
    (
        "version: 1\n«lisen:\n  deeper:\n  - x\n",
        "\"lisen\" is not a setting",
    ),
    ("{version: 1, «lisen: x}\n", "\"lisen\" is not a setting"),
    (
        "version: 1\r\nzone-dir: z\r\n«lisen: x\r\n",
        "\"lisen\" is not a setting",
    ),
    (
        "\u{feff}version: 1\n«lisen: x\n",
        "\"lisen\" is not a setting",
    ),
    (
        "version: 1\nzones:\n- file: x\n  «nam: y\n",
        "\"nam\" is no key here",
    ),
    (
        "version: 1\nzones:\n- file: x\n- file: y\n  «nam: y\n",
        "\"nam\" is no key here",
    ),
    (
        "version: 1\nzones:\n- {file: x, «nam: y}\n",
        "\"nam\" is no key here",
    ),
    (
        "version: 1\nzones:\n- «name: y\n",
        "\"file\" is missing here",
    ),
    (
        "version: 1\nzones:\n- file: x\n- «name: y\n",
        "\"file\" is missing here",
    ),
    (
        "version: 1\nzone-dir: z\n«zone-dir: y\n",
        "\"zone-dir\" stands here a second time",
    ),
    (
        "version: 1\nzone-dir: z\n«zoneDir: y\n",
        "this is given twice",
    ),
    (
        "version: 1\nzones:\n- file: x\n  «file: y\n",
        "stands here a second time",
    ),
    (
        "version: 1\ndestinations:\n- name: a\n  zone: x\n  «zone: y\n",
        "stands here a second time",
    ),
    ("version: 1\n«version: 1\n", "stands here a second time"),
    (
        "version: 1\naddressMaps:\n- from: 10.0.0.1\n  to: 10.0.0.2\n  «two: x\n",
        "\"two\" is no key here",
    ),
    (
        "version: 1\naddressMaps:\n- «from: 10.0.0.1\n",
        "\"to\" is missing here",
    ),
    (
        "version: 1\nclaims:\n- namespaces: [a]\n  names: [b]\n  «kinds: [A]\n",
        "\"kinds\" is no key here",
    ),
    (
        "version: 1\nclaims:\n- «namespaces: [a]\n",
        "\"names\" is missing here",
    ),
    // Kinds of values.
    (
        "version: 1\nlog-level: «[info]\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlog-level:\n  «- info\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlog-level: «{a: b}\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlog-level:\n  «a: b\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlisten:\n  «a: b\n",
        "a map; expected a text or a list of texts",
    ),
    (
        "version: 1\nlisten: [127.0.0.1:53, «[127.0.0.1:54]]\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlisten:\n- 127.0.0.1:53\n- «a: b\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nlisten:\n- 127.0.0.1:53\n- «- 127.0.0.1:54\n",
        "a list or a map; expected one value",
    ),
    ("version: 1\nzones: «x\n", "no list; expected one"),
    ("version: 1\nzones:\n  «file: x\n", "no list; expected one"),
    ("version: 1\nzones:\n- «x\n", "expected a map"),
    ("version: 1\nzones:\n- file: x\n- «[y]\n", "expected a map"),
    (
        "version: 1\nzones:\n- file: «[x]\n",
        "a list or a map; expected one value",
    ),
    (
        "version: 1\nzones:\n- file: x\n  name: «{a: b}\n",
        "a list or a map; expected one value",
    ),
    ("version: 1\ndestinations: «x\n", "no list; expected one"),
    ("version: 1\ndestinations:\n- «x\n", "expected a map"),
    (
        "version: 1\ndestinations:\n- name: «[a]\n",
        "a list or a map; expected one value",
    ),
    ("version: 1\naddressMaps:\n- «x\n", "expected a map"),
    (
        "version: 1\naddressMaps:\n- from: «[a]\n  to: b\n",
        "a list or a map; expected one value",
    ),
    ("version: 1\nclaims:\n- «x\n", "expected a map"),
    (
        "version: 1\nclaims:\n- namespaces: «{a: b}\n  names: [c]\n",
        "a map; expected a text or a list of texts",
    ),
    ("«- a\n- b\n", "expected a map"),
    ("«hello\n", "expected a map"),
    ("version: «[1]\n", "a list or a map; expected one value"),
    ("version: «2\n", "this build reads version 1"),
    ("«zone-dir: z\n", "the file does not say its version"),
    // Values.
    ("version: 1\nlog-level: «loud\n", "log-level: \"loud\""),
    ("version: 1\nlog-level: «'loud'\n", "log-level: \"loud\""),
    (
        "version: 1\nlog-level:   «loud # a remark\n",
        "log-level: \"loud\"",
    ),
    ("version: 1\nlog-level:\n  «loud\n", "log-level: \"loud\""),
    (
        "version: 1\nlog-level: «\"lo\\\n  ud\"\n",
        "log-level: \"loud\"",
    ),
    ("version: 1\nudp-workers: «many\n", "udp-workers: \"many\""),
    ("version: 1\nudp-workers: «-1\n", "udp-workers: \"-1\""),
    (
        "version: 1\nudp-workers: «100000\n",
        "udp-workers: \"100000\"",
    ),
    ("version: 1\nudp-workers: «1.5\n", "udp-workers: \"1.5\""),
    (
        "version: 1\nlisten: [127.0.0.1:53, «nowhere]\n",
        "listen: \"nowhere\"",
    ),
    (
        "version: 1\nlisten:\n- 127.0.0.1:53\n- «nowhere\n",
        "listen: \"nowhere\"",
    ),
    (
        "version: 1\nlisten:\n  - 127.0.0.1:53\n  -   «nowhere\n",
        "listen: \"nowhere\"",
    ),
    (
        "version: 1\nlisten: [127.0.0.1:53,\n  «nowhere]\n",
        "listen: \"nowhere\"",
    ),
    ("version: 1\nlisten: «nowhere\n", "listen: \"nowhere\""),
    ("version: 1\nlisten: [127.0.0.1:53, «5]\n", "listen: \"5\""),
    (
        "version: 1\nstrict: «maybe\nzone-dir: z\n",
        "strict: \"maybe\"",
    ),
    (
        "version: 1\ntcp-idle-timeout: «5 fortnights\nzone-dir: z\n",
        "tcp-idle-timeout: \"5 fortnights\"",
    ),
    ("version: 1\nzones:\n- file: «a..b.zone\n", "a..b"),
    (
        "version: 1\nzones:\n- file: x.zone\n  name: «a..b\n",
        "a..b",
    ),
    (
        "version: 1\nsource: crd\nzone: x.example\npolicy: «most\n",
        "policy: \"most\"",
    ),
    (
        "version: 1\nsource: [crd, «nothing]\nzone: x.example\npolicy: sync\n",
        "source \"nothing\" is not known",
    ),
    ("version: 1\n«é: x\n", "is not a setting"),
    (
        "version: 1\nzone-dir: zoné\nnsid: é\nlog-level: «loud\n",
        "log-level: \"loud\"",
    ),
    ("version: 1\nlisten: [\"é\", «x]\n", "listen"),
    // What is no YAML.
    ("version: 1\nzones: «[\n", "[ is never closed"),
    (
        "version: 1\nlisten: «[127.0.0.1:53\nzone-dir: z\n",
        "[ is never closed",
    ),
    ("version: 1\nzones: «{\n", "{ is never closed"),
    ("version: 1\nnsid: «\"abc\n", "is never closed"),
    ("version: 1\nnsid: «\"abc\nzone-dir: z\n", "is never closed"),
    ("version: 1\nnsid: «'abc\nzone-dir: z\n", "is never closed"),
    ("version: 1\nzones:\n«\t- file: x\n", "a tab"),
    ("version: 1\nzones:\n- file: x\n«\tname: y\n", "a tab"),
    ("version: 1\nnsid: «@abc\n", "@ cannot begin a value"),
    ("version: 1\nnsid: «%abc\n", "% cannot begin a value"),
    ("version: 1\nnsid: «`abc\n", "` cannot begin a value"),
    ("version: 1\nnsid: «*abc\n", "nothing has that name"),
    ("version: 1\nlisten: 127.0.0.1«: 53\n", "a colon"),
    (
        "version: 1\n«zone-dir\nlisten: x\n",
        "a key without a value",
    ),
    ("version: 1\nzone-dir: z\n  listen«: x\n", "a colon"),
    ("version: 1\n«---\nversion: 1\n", "a second document"),
    ("version: 1\nzones: «]\n", "a bracket that closes nothing"),
    ("version: 1\nnsid: !!int «abc\n", "a tag"),
];
