//! What the process may do: more open files, and no longer root once the sockets are open.

use anyhow::{Context, bail};
use config::{Process, Quoted};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Group, Uid, User, getuid, initgroups, setgid, setgroups, setuid};

/// Whom to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    uid: Uid,
    gid: Gid,
    /// The user's name, whose other groups we join; a bare number has none.
    name: Option<String>,
}

impl Identity {
    /// The user and the group that the settings name; none if they name none.
    pub(crate) fn find(process: &Process) -> anyhow::Result<Option<Self>> {
        let Some(wanted) = &process.user else {
            return Ok(None);
        };
        let user = find_user(wanted)?;
        let uid = match (&user, wanted.parse()) {
            (Some(user), _) => user.uid,
            (None, Ok(number)) => Uid::from_raw(number),
            (None, Err(_)) => bail!(
                "--user: there is no user {} on this machine",
                Quoted(wanted)
            ),
        };
        let gid = match (&process.group, &user) {
            (Some(group), _) => find_group(group)?,
            (None, Some(user)) => user.gid,
            (None, None) => bail!(
                "--user: user {} has no entry on this machine; name its group with --group",
                Quoted(wanted)
            ),
        };
        let name = user.map(|user| user.name);
        Ok(Some(Self { uid, gid, name }))
    }

    /// The user and the group, for files that should be theirs.
    pub(crate) fn owner(&self) -> (Uid, Gid) {
        (self.uid, self.gid)
    }

    /// Becomes this user, for good and with all threads.
    pub(crate) fn assume(&self) -> anyhow::Result<()> {
        if getuid() == self.uid {
            return Ok(());
        }
        if !getuid().is_root() {
            bail!(
                "--user: only root can become another user, and this process runs as user {}",
                getuid()
            );
        }
        match self.name.as_deref().map(std::ffi::CString::new) {
            Some(Ok(name)) => initgroups(&name, self.gid).context("--user: set groups")?,
            Some(Err(_)) | None => setgroups(&[self.gid]).context("--user: set groups")?,
        }
        setgid(self.gid).with_context(|| format!("--group: become group {}", self.gid))?;
        setuid(self.uid).with_context(|| format!("--user: become user {}", self.uid))?;
        if setuid(Uid::from_raw(0)).is_ok() {
            bail!("--user: the system lets us become root again");
        }
        Ok(())
    }
}

/// Whether the process is root and was not told to become someone else.
pub(crate) fn stays_root(process: &Process) -> bool {
    process.user.is_none() && getuid().is_root()
}

/// Allows as many open files as the system lets us: each TCP connection is one.
pub(crate) fn raise_open_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::debug!(%error, soft, hard, "limit of open files stays");
    }
}

fn find_user(wanted: &str) -> anyhow::Result<Option<User>> {
    let found = match wanted.parse() {
        Ok(number) => User::from_uid(Uid::from_raw(number)),
        Err(_) => User::from_name(wanted),
    };
    found.with_context(|| format!("--user: look up user {}", Quoted(wanted)))
}

fn find_group(wanted: &str) -> anyhow::Result<Gid> {
    if let Ok(number) = wanted.parse() {
        return Ok(Gid::from_raw(number));
    }
    let found = Group::from_name(wanted)
        .with_context(|| format!("--group: look up group {}", Quoted(wanted)))?;
    match found {
        Some(group) => Ok(group.gid),
        None => bail!(
            "--group: there is no group {} on this machine",
            Quoted(wanted)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(user: &str, group: Option<&str>) -> String {
        let process = Process {
            user: Some(user.to_owned()),
            group: group.map(str::to_owned),
            ..Process::default()
        };
        match Identity::find(&process) {
            Ok(Some(identity)) => format!("{}:{}", identity.uid, identity.gid),
            Ok(None) => "nobody named".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn users_are_found_by_name_and_by_number() {
        assert_eq!(find("root", None), "0:0");
        assert_eq!(find("0", None), "0:0");
        assert_eq!(find("4000000", Some("7")), "4000000:7");
        insta::assert_snapshot!(find("no-such-user", None), @r#"--user: there is no user "no-such-user" on this machine"#);
        insta::assert_snapshot!(find("4000000", None), @r#"--user: user "4000000" has no entry on this machine; name its group with --group"#);
        insta::assert_snapshot!(find("root", Some("no-such-group")), @r#"--group: there is no group "no-such-group" on this machine"#);
    }
}
