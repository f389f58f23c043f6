//! Sub-commands: what is read of their arguments, and what is wrong with these.

use super::*;

#[test]
fn a_key_to_make_has_a_name_and_an_algorithm() {
    insta::assert_snapshot!(help("key new", false), @"
    Make a key with a random secret, in the form that BIND has too

    Usage: zonewright key new [OPTIONS] <NAME>

    Arguments:
      <NAME>  What both sides call it, such as cert-manager

    Options:
          --algorithm <NAME>  hmac-sha1, -sha224, -sha256, -sha384 or -sha512; hmac-md5 is for old
                              programs [default: hmac-sha256]
          --file <FILE>       Write it to this new file, which only its owner may read [default: print
                              it]
      -h, --help              Print this help
    ");
    let Command::Key(new) = command(&["key", "new", "Up.example.org", "--algorithm=HMAC-md5"])
    else {
        panic!("not key");
    };
    let name = Name::from_text(b"up.example.org.", None).unwrap();
    assert_eq!((new.name, new.file), (name, None));
    assert!(new.algorithm.eq_ignore_ascii_case("hmac-md5"));
    insta::assert_snapshot!(stopped(&["key", "new", "a..b"]), @"
    error: invalid value 'a..b' for '<NAME>': empty label (two dots in a row, or a dot at the front)

    For more information, try '--help'.
    (exit code 2)
    ");
}

#[test]
fn check_takes_files_and_flags_in_any_order() {
    let Command::Check(check) = command(&["check", "a.zone", "--strict", "b.zone"]) else {
        panic!("not check");
    };
    assert_eq!(check.targets, ["a.zone", "b.zone"]);
    assert!(check.config.is_some(), "flags are settings to check");
    let Command::Check(check) = command(&["check", "a.zone"]) else {
        panic!("not check");
    };
    assert!(check.config.is_none(), "only files are checked");
}

#[test]
fn zone_commands_are_told_where_to_ask() {
    let Command::Zone(zone) = command(&["zone", "reload", "a.example", "--control-socket=/s", "b"])
    else {
        panic!("not zone");
    };
    assert_eq!(zone.control_socket, Ok(ControlSocket::At("/s".into())));
    let zones = vec!["a.example".to_owned(), "b".to_owned()];
    assert_eq!(zone.action, ZoneAction::Reload(Reload { zones }));
    let orders = ["flush", "freeze", "retransfer", "thaw"];
    let zones = vec!["a.example".to_owned()];
    let actions = [
        ZoneAction::Flush {
            zones: zones.clone(),
        },
        ZoneAction::Freeze {
            zones: zones.clone(),
        },
        ZoneAction::Retransfer {
            zones: zones.clone(),
        },
        ZoneAction::Thaw { zones },
    ];
    for (order, action) in orders.iter().zip(actions) {
        let Command::Zone(zone) = command(&["zone", order, "a.example"]) else {
            panic!("not zone");
        };
        assert_eq!(zone.action, action);
    }
    assert!(stopped(&["zone", "freeze"]).contains("required"));
}

#[test]
fn what_is_imported_is_named() {
    let Command::Import(import) = command(&["import", "bind", "a.test=db", "-o", "a.zone"]) else {
        panic!("not import");
    };
    assert_eq!(import.output, Some("a.zone".into()));
    let ImportFrom::Bind { file, journal } = import.from else {
        panic!("not bind");
    };
    assert_eq!((file.path, journal), ("db".into(), None));
    let all = [
        "import",
        "skydns",
        "a.test",
        "--etcd=http://a:1",
        "--owned",
        "--prefix=/x",
    ];
    let Command::Import(import) = command(&all) else {
        panic!("not import");
    };
    let ImportFrom::Skydns(asked) = import.from else {
        panic!("not skydns");
    };
    assert_eq!((&*asked.prefix, asked.owned), ("/x", true));
    assert_eq!(asked.servers, ["http://a:1"]);
    assert!(import.apply.is_none());
    let Command::Import(import) = command(&["import", "bind", "a.test=db", "--apply"]) else {
        panic!("not import");
    };
    assert!(matches!(import.apply, Some(Ok(ControlSocket::Default))));
    assert!(stopped(&["import", "bind", "a=b", "--apply", "-o", "c"]).contains("cannot be used"));
    assert!(stopped(&["import", "bind", "a..b=db"]).contains("not the name of a zone"));
    assert!(stopped(&["import", "skydns", "a", "--etcd=b", "--dump=c"]).contains("cannot be used"));
}

#[test]
fn plan_explain_and_brake_are_told_what_is_wanted() {
    let Command::Plan(plan) =
        command(&["plan", "--output=json", "--source=crd", "--zone=a.example"])
    else {
        panic!("not plan");
    };
    assert_eq!(plan.output, Output::Json);
    assert!(plan.config.is_ok_and(|config| config.sync.is_some()));
    let Command::Plan(plan) = command(&["plan", "--zone-dir=z"]) else {
        panic!("not plan");
    };
    insta::assert_snapshot!(plan.config.unwrap_err(), @"
    error: there is no source to plan for
      hint: name kinds of objects with --source, or a folder with --manifests
    ");
    let Command::Explain(explain) = command(&["explain", "www.example.org", "--control-socket=/s"])
    else {
        panic!("not explain");
    };
    assert_eq!(explain.name, "www.example.org");
    assert_eq!(explain.output, Output::Table);
    assert_eq!(explain.control_socket, Ok(ControlSocket::At("/s".into())));
    let Command::Brake(brake) = command(&["brake", "release", "--zone", "a.example"]) else {
        panic!("not brake");
    };
    assert_eq!(
        brake.release,
        Release {
            destination: None,
            zone: Some("a.example".to_owned())
        }
    );
}

#[test]
fn every_flag_of_external_dns_is_read_from_arguments_and_variables() {
    let list = include_str!("../../flags/external-dns.txt").lines();
    let names: Vec<(&str, bool)> = list
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| *name != "#")
        .map(|(name, rest)| (name, rest.starts_with("bool")))
        .collect();
    assert_eq!(names.len(), 180);
    let read = |form: &dyn Fn(&str, bool) -> Vec<String>| {
        let mut arguments = vec!["zonewright".to_owned()];
        arguments.extend(names.iter().flat_map(|(name, switch)| form(name, *switch)));
        Raw::from_matches(&build().try_get_matches_from(arguments).unwrap())
    };
    let joined = read(&|name, switch| match switch {
        true => vec![format!("--{name}")],
        false => vec![format!("--{name}=x")],
    });
    let apart = read(&|name, switch| match switch {
        true => vec![format!("--no-{name}")],
        false => vec![format!("--{name}"), "x".to_owned()],
    });
    let mut variables = Raw::default();
    variables.add_environment(&|name| name.starts_with("EXTERNAL_DNS_").then(|| "x".into()));
    for (name, switch) in &names {
        let text = |raw: &Raw| raw.once(name).map(|typed| typed.text.to_string());
        let (on, off) = if *switch {
            ("true", "false")
        } else {
            ("x", "x")
        };
        assert_eq!(text(&joined).as_deref(), Some(on), "{name}");
        assert_eq!(text(&apart).as_deref(), Some(off), "{name}");
        assert_eq!(text(&variables).as_deref(), Some("x"), "{name}");
    }
    let told = variables.warnings.len();
    assert_eq!(
        told,
        crate::flags::RETIRED.len(),
        "retired variables are told"
    );
}

#[test]
fn mistakes_in_arguments_exit_with_2() {
    insta::assert_snapshot!(stopped(&["--lisen", "127.0.0.1:53"]), @"
    error: unexpected argument '--lisen' found

      tip: a similar argument exists: '--listen'

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    insta::assert_snapshot!(stopped(&["--log-level=info", "--log-level=debug"]), @"
    error: the argument '--log-level <LEVEL>' cannot be used multiple times

    Usage: zonewright [FLAGS]
           zonewright <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
    let Command::Run(run) = command(&["--zone-dir=z", "--tcp-idle-timeout", "-1s"]) else {
        panic!("not the daemon");
    };
    insta::assert_snapshot!(run.config.unwrap_err(), @r#"error: --tcp-idle-timeout: "-1s" is not a duration; expected one such as 10s, 1m30s or 500ms"#);
    insta::assert_snapshot!(stopped(&["zone", "shwo"]), @"
    error: unrecognized subcommand 'shwo'

      tip: a similar subcommand exists: 'show'

    Usage: zonewright zone <COMMAND>

    For more information, try '--help'.
    (exit code 2)
    ");
}

#[test]
fn every_shell_has_a_completion_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let Command::Print(script) = command(&["completions", shell]) else {
            panic!("not a text");
        };
        assert!(
            String::from_utf8_lossy(&script).contains("zone-dir"),
            "{shell}"
        );
    }
}

#[test]
fn flags_of_external_dns_print_scripts_and_the_manual() {
    let text = |flag: &str| {
        let Command::Print(text) = command(&[flag]) else {
            panic!("not a text");
        };
        String::from_utf8(text).unwrap()
    };
    assert!(text("--completion-script-bash").contains("complete -F"));
    assert!(text("--completion-script-zsh").starts_with("#compdef zonewright"));
    let page = text("--help-man");
    for part in [
        ".TH ZONEWRIGHT 1\n",
        ".SS Sources\n",
        ".B \\-\\-source KIND ...\n",
        ".B \\-\\-no\\-exclude\\-unschedulable\n",
        "Default: sync, with a warning\n",
    ] {
        assert!(page.contains(part), "{part} in:\n{page}");
    }
}
