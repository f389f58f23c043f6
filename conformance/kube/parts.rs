//! Where the programs and CRDs are that `.ci/kube` made available.

use std::env;
use std::path::{Path, PathBuf};

/// The parts that were found on this machine.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The store behind the API server.
    pub etcd: Option<PathBuf>,
    /// The API server.
    pub apiserver: Option<PathBuf>,
    /// The program we are compared with.
    pub external_dns: Option<PathBuf>,
    /// The name server that others put behind external-dns; one benchmark needs it.
    pub coredns: Option<PathBuf>,
    /// A program of ours around libraries that solve challenges of certificate authorities.
    pub acme: Option<PathBuf>,
    /// A folder with CRDs of external-dns and of the Gateway API.
    pub crds: Option<PathBuf>,
    /// What installs charts; no cluster needs it.
    pub helm: Option<PathBuf>,
    /// The chart of external-dns; no cluster needs it.
    pub external_dns_chart: Option<PathBuf>,
    /// A folder with CRDs of the Prometheus Operator; no cluster needs them.
    pub monitoring: Option<PathBuf>,
}

impl Parts {
    /// Looks in `KUBEBUILDER_ASSETS` (etcd and kube-apiserver), in the cache that `.ci/kube` fills,
    /// and in `PATH`.
    #[must_use]
    pub fn find() -> Self {
        let cache = cache();
        let folder = |name: &str| {
            let found = cache.as_ref().map(|folder| folder.join(name));
            found.filter(|folder| folder.is_dir())
        };
        let assets = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        let given = |name: &str| program(assets.iter(), name);
        let cached = |name: &str| program(cache.iter(), name);
        let listed = env::var_os("PATH").unwrap_or_default();
        let installed = |name: &str| program(env::split_paths(&listed), name);
        let find = |name: &str| {
            given(name)
                .or_else(|| cached(name))
                .or_else(|| installed(name))
        };
        Self {
            etcd: find("etcd"),
            apiserver: find("kube-apiserver"),
            external_dns: cached("external-dns").or_else(|| installed("external-dns")),
            coredns: cached("coredns").or_else(|| installed("coredns")),
            acme: cached("acme"),
            crds: folder("crds"),
            helm: cached("helm").or_else(|| installed("helm")),
            external_dns_chart: folder("external-dns-chart"),
            monitoring: folder("monitoring"),
        }
    }

    /// What is missing for a cluster, by name.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("etcd", self.etcd.is_none()),
            ("kube-apiserver", self.apiserver.is_none()),
            ("the CRDs", self.crds.is_none()),
        ];
        let lacking = parts.into_iter().filter(|(_, missing)| *missing);
        lacking.map(|(name, _)| name).collect()
    }
}

/// The folder that `.ci/kube` fills.
fn cache() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cache")));
    Some(base?.join("zonewright/kube"))
}

fn program(folders: impl IntoIterator<Item = impl AsRef<Path>>, name: &str) -> Option<PathBuf> {
    let places = folders.into_iter().map(|folder| folder.as_ref().join(name));
    places.into_iter().find(|path| path.is_file())
}
