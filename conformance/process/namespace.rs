//! Namespaces of the kernel: a network or a file system of our program's own.
//!
//! Not everybody may make them; trials that need one say so and are left out.

use std::process::{Command, Stdio};

use super::site::skip;

/// A wrapper that runs a program in a network of its own, behind a command of the shell; `None`,
/// with a word about it, where that is not possible.
pub(super) fn isolated(trial: &str, command: &str) -> Option<Vec<String>> {
    let command = format!("{command} && ip link set lo up && exec \"$@\"");
    wrapper(trial, "--net", &command)
}

/// A wrapper that runs a program where the file system is its own.
pub(super) fn mounted(trial: &str, command: &str) -> Option<Vec<String>> {
    wrapper(trial, "--mount", &format!("{command} && exec \"$@\""))
}

fn wrapper(trial: &str, kind: &str, command: &str) -> Option<Vec<String>> {
    let words: Vec<String> = ["unshare", kind, "sh", "-c", command, "sh"]
        .map(str::to_owned)
        .into();
    // In a folder of its own: the command may change the one that it runs in.
    let folder = tempfile::tempdir().ok()?;
    let tried = Command::new("/usr/bin/env")
        .args(&words)
        .arg("true")
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(words);
    }
    skip(trial, "no namespaces can be made here, which needs root");
    None
}

/// Sends a packet by UDP inside the network of a process and gives the answer.
pub(super) fn ask_inside(pid: u32, port: u16, query: &[u8]) -> Result<Vec<u8>, String> {
    let output = Command::new("nsenter")
        .args(["--net", "--target", &pid.to_string(), "python3", "-c", ASK])
        .args([&port.to_string(), &hex(query)])
        .output()
        .map_err(|error| format!("nsenter: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let digits = text.trim().as_bytes();
    let bytes = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        format!("no answer inside the namespace: {error}")
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const ASK: &str = "
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(3)
client.sendto(bytes.fromhex(sys.argv[2]), ('127.0.0.1', int(sys.argv[1])))
print(client.recv(4096).hex())
";
