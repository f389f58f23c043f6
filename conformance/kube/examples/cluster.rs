//! A cluster to try things on: `cargo run -p cluster-peers --example cluster`. Prints the path of
//! its kubeconfig and stays until its input ends.

use std::error::Error;
use std::io::{self, Read, Write};

use cluster_peers::{Cluster, Parts};

fn main() -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::start(&Parts::find())?;
    let mut out = io::stdout();
    writeln!(out, "{}", cluster.kubeconfig().display())?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
