//! Flags of the process: settings, logs, metrics, control, privileges.

use super::{Flag, Group};

pub(super) const GROUP: Group = Group {
    heading: "Process",
    flags: &[
        Flag::once("config", "FILE", "")
            .says(
                "Read settings from this YAML file",
                "It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are \
                 lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder.",
            )
            .common(),
        Flag::once("metrics-address", "ADDR:PORT", "off")
            .says(
                "Serve /metrics, /healthz and /readyz by HTTP here",
                "Port 0 means any free one, which is then said.",
            )
            .common(),
        Flag::once("control-socket", "PATH", "a socket in $XDG_RUNTIME_DIR/zonewright or /run/zonewright")
            .says(
                "Take 'zonewright zone ...' commands here; 'off' takes none",
                "Only the user we run as, and root, can use it.",
            ),
        Flag::once("user", "NAME", "").says(
            "Run as this user once the sockets are open",
            "Name or number, and only when started as root. Zone files are read as this user.",
        ),
        Flag::once("group", "NAME", "the user's").says("Run as this group; needs --user", ""),
        Flag::once("log-format", "text|json", "text").says("How logs are written", ""),
        Flag::once("log-level", "LEVEL", "info")
            .says(
                "What is logged: error, warning, info, debug or trace",
                "",
            )
            .common(),
    ],
};
