//! Flags of the process: settings, logs, metrics, control, privileges.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Process",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::once("config", "FILE", "")
            .says(
                "Read settings from this YAML file",
                "It begins with 'version: 1'; its keys are the names of the flags. Repeated flags are \
                 lists, and 'zones' is a list of 'file' and 'name'. Paths in it start at its folder. \
                 'destinations' is a list of maps with a 'name' and the flags of a destination each; \
                 'addressMaps' and 'claims' are for what flags cannot say.",
            )
            .common(),
        Flag::once("metrics-address", "ADDR:PORT", ":7979 beside a cluster, else off")
            .says(
                "Serve /metrics, /healthz and /readyz by HTTP here",
                "Port 0 means any free one, which is then said; 'off' serves none.",
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
        Flag::once("data-dir", "DIR", "").says(
            "Keep here what should outlast the process",
            "Each zone as it was served last, so that a start has something to compare with.",
        ),
        Flag::once("shutdown-delay", "DURATION", "0s").says(
            "Answer on for so long after a signal to end, while /readyz says no",
            "For those who look at /readyz now and then to send questions elsewhere before answers end. \
             A second signal ends this wait.",
        ),
        Flag::once("audit-log", "PATH", "").says(
            "Write each change of a record here, as a line of JSON",
            "A line for each RRset of our zones that is another one from some serial on: what it was and \
             is, and who wanted it: a zone file, the key of an update, an object of the cluster with its \
             uid. Lines are added to the file, which may be moved away; '-' is standard output.",
        ),
        Flag::once("log-format", "text|json", "text")
            .words(&["text", "json"])
            .says("How logs are written", ""),
        Flag::once("log-level", "LEVEL", "info")
            .words(&["panic", "fatal", "error", "warning", "info", "debug", "trace"])
            .says(
                "What is logged: error, warning, info, debug or trace",
                "The panic and fatal of external-dns are taken as error.",
            )
            .common(),
    ],
};
