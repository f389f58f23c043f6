//! Where the control socket is: made by the daemon, found by the client.
//!
//! The usual folder holds one socket for each daemon, named after its process, so several can run
//! side by side. One that nobody listens to was left behind by a daemon that died, and is removed.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use config::{ControlSocket, Environment, Quoted};
use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};

/// A listening control socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: Option<UnixListener>,
    path: PathBuf,
}

impl Socket {
    /// Makes the socket that the settings ask for, owned by the user we will run as.
    ///
    /// The one in the usual folder is a courtesy: where it cannot be made, we do without.
    pub(crate) fn open(
        setting: &ControlSocket,
        owner: Option<(Uid, Gid)>,
        environment: Environment<'_>,
    ) -> anyhow::Result<Option<Self>> {
        match setting {
            ControlSocket::Off => Ok(None),
            ControlSocket::At(path) => Self::at(path, owner).map(Some),
            ControlSocket::Default => {
                let folder = folder(environment);
                let path = folder.join(format!("{}.sock", std::process::id()));
                let made = prepare(&folder, owner)
                    .map_err(anyhow::Error::from)
                    .and_then(|()| Self::at(&path, owner));
                match made {
                    Ok(socket) => Ok(Some(socket)),
                    Err(error) => {
                        tracing::info!(
                            "no control socket, so 'zonewright zone' cannot ask: {error:#}; name a \
                             place with --control-socket"
                        );
                        Ok(None)
                    }
                }
            }
        }
    }

    fn at(path: &Path, owner: Option<(Uid, Gid)>) -> anyhow::Result<Self> {
        let shown = path.to_string_lossy();
        let listen = || -> io::Result<UnixListener> {
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            if let Some((uid, gid)) = owner {
                chown(path, Some(uid.as_raw()), Some(gid.as_raw()))?;
            }
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        if let Some(folder) = path.parent()
            && let Ok(()) = remove_if_dead(path)
        {
            tracing::debug!(folder = %folder.display(), "removed a control socket left behind");
        }
        match listen() {
            Ok(listener) => Ok(Self {
                listener: Some(listener),
                path: path.to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
                "--control-socket: listen on {}: another process listens there, or it is no socket",
                Quoted(&shown)
            ),
            Err(error) => Err(error)
                .with_context(|| format!("--control-socket: listen on {}", Quoted(&shown))),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The listening side, once.
    pub(super) fn take(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Once root is given up, its folder may no longer be ours; the next daemon removes it.
        let _left = std::fs::remove_file(&self.path).is_err();
    }
}

/// Connects to the daemon that the setting means.
pub(super) fn connect(
    setting: &ControlSocket,
    environment: Environment<'_>,
) -> anyhow::Result<UnixStream> {
    match find(setting, environment)? {
        Found::Running(_, stream) => Ok(stream),
        Found::Nobody(place) => {
            let shown = place.to_string_lossy();
            let shown = Quoted(&shown);
            match setting {
                ControlSocket::Default => bail!(
                    "no running zonewright found in {shown}\n  hint: start one, or say where it takes \
                     commands with --control-socket PATH; it says so at its start"
                ),
                ControlSocket::At(_) | ControlSocket::Off => bail!(
                    "connect to {shown}: nobody listens there\n  hint: no zonewright takes commands \
                     there; it says where at its start"
                ),
            }
        }
    }
}

/// Whether there is a daemon.
#[derive(Debug)]
pub(super) enum Found {
    /// At this place.
    Running(PathBuf, UnixStream),
    /// None at this place.
    Nobody(PathBuf),
}

/// Looks for the daemon that the setting means.
///
/// # Errors
/// It cannot be said which one it is, or it must not be asked.
pub(super) fn find(setting: &ControlSocket, environment: Environment<'_>) -> anyhow::Result<Found> {
    match setting {
        ControlSocket::Off => bail!("--control-socket: 'off' is no place to ask at"),
        ControlSocket::At(path) => find_at(path),
        ControlSocket::Default => {
            let folder = folder(environment);
            let mut found = alive(&folder)?;
            match (found.pop(), found.is_empty()) {
                (Some((path, stream)), true) => Ok(Found::Running(path, stream)),
                (Some(last), false) => {
                    found.push(last);
                    let mut list: Vec<String> = found
                        .iter()
                        .map(|(path, _)| format!("  --control-socket={}", path.display()))
                        .collect();
                    list.sort();
                    let list = list.join("\n");
                    bail!("several daemons run here; say which one is meant:\n{list}")
                }
                (None, _) => Ok(Found::Nobody(folder)),
            }
        }
    }
}

fn find_at(path: &Path) -> anyhow::Result<Found> {
    let error = match reach(path) {
        Ok(stream) => return Ok(Found::Running(path.to_owned(), stream)),
        Err(error) => error,
    };
    let hint = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            return Ok(Found::Nobody(path.to_owned()));
        }
        io::ErrorKind::PermissionDenied => {
            "\n  hint: ask as the user that the daemon runs as, or as root"
        }
        _ => "",
    };
    let shown = path.to_string_lossy();
    bail!("connect to {}: {error}{hint}", Quoted(&shown))
}

/// The sockets of a folder that a daemon answers at.
fn alive(folder: &Path) -> anyhow::Result<Vec<(PathBuf, UnixStream)>> {
    let entries = match as_owner(folder, || std::fs::read_dir(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let shown = folder.to_string_lossy();
            return Err(error).with_context(|| format!("look for daemons in {}", Quoted(&shown)));
        }
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let sockets = paths.filter(|path| path.extension().is_some_and(|end| end == "sock"));
    Ok(sockets
        .filter_map(|path| reach(&path).ok().map(|stream| (path, stream)))
        .collect())
}

fn reach(path: &Path) -> io::Result<UnixStream> {
    as_owner(path, || UnixStream::connect(path))
}

/// Does something with a file, as its owner if it must be: root in a container has not the right to
/// pass over what files say, but often that to become somebody else.
fn as_owner<T>(path: &Path, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match act() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && geteuid().is_root() => {
            let file = path.metadata()?;
            let group = Gid::from_raw(file.gid());
            // For good: nothing that comes after it needs root.
            let become_owner = setgroups(&[group])
                .and_then(|()| setgid(group))
                .and_then(|()| setuid(Uid::from_raw(file.uid())));
            become_owner.map_err(|_| error)?;
            act()
        }
        done => done,
    }
}

/// Makes the folder, and takes out what daemons that died have left in it.
fn prepare(folder: &Path, owner: Option<(Uid, Gid)>) -> io::Result<()> {
    if !folder.is_dir() {
        std::fs::create_dir(folder)?;
        // Only its own user goes in: sockets can be connected to by who can reach them.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        if let Some((uid, gid)) = owner {
            chown(folder, Some(uid.as_raw()), Some(gid.as_raw()))?;
        }
    }
    for entry in std::fs::read_dir(folder)?.flatten() {
        let _alive = remove_if_dead(&entry.path()).is_err();
    }
    Ok(())
}

/// Removes a socket that nobody listens to; never anything else.
fn remove_if_dead(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            use std::os::unix::fs::FileTypeExt;
            if path.symlink_metadata()?.file_type().is_socket() {
                return std::fs::remove_file(path);
            }
            Err(error)
        }
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// The usual folder of control sockets.
fn folder(environment: Environment<'_>) -> PathBuf {
    match environment("XDG_RUNTIME_DIR") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder).join("zonewright"),
        _ => PathBuf::from("/run/zonewright"),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_only_daemon_is_found_and_several_are_listed() {
        let runtime = tempfile::tempdir().unwrap();
        let environment =
            |name: &str| (name == "XDG_RUNTIME_DIR").then(|| OsString::from(runtime.path()));
        let ask = || match connect(&ControlSocket::Default, &environment) {
            Ok(_) => "connected".to_owned(),
            Err(error) => error
                .to_string()
                .replace(&*runtime.path().to_string_lossy(), "RUNTIME"),
        };
        insta::assert_snapshot!(ask(), @r#"
        no running zonewright found in "RUNTIME/zonewright"
          hint: start one, or say where it takes commands with --control-socket PATH; it says so at its start
        "#);
        let own = Socket::open(&ControlSocket::Default, None, &environment)
            .unwrap()
            .unwrap();
        assert_eq!(ask(), "connected");
        let other = runtime.path().join("zonewright/1.sock");
        let other = Socket::at(&other, None).unwrap();
        let both = ask().replace(&std::process::id().to_string(), "PID");
        assert_eq!(both.lines().count(), 3, "{both}");
        let path = own.path().to_owned();
        drop((own, other));
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_left_behind_is_taken_over_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "the file outlives its listener");
        let first = Socket::at(&path, None).unwrap();
        assert!(Socket::at(&path, None).is_err());
        drop(first);
        std::fs::write(&path, "precious").unwrap();
        assert!(Socket::at(&path, None).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
