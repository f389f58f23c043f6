#![allow(missing_docs, clippy::all)]
use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let origin = wire::Name::from_text(a[1].as_bytes(), Some(wire::NameRef::ROOT)).unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as u32;
    let l = zone::file::load_with(
        Path::new(&a[2]),
        &origin,
        &zone::check::Care::to_check(Some(now)),
    );
    print!("{}", l.report.render(false));
    println!("E{} W{}", l.report.errors(), l.report.warnings());
}
