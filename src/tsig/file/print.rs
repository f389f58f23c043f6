//! Keys as BIND writes them.

use crate::Key;

impl Key {
    /// The key as a statement of BIND's configuration: the one way its secret gets out.
    #[must_use]
    pub fn to_text(&self) -> String {
        let name = self.name().to_string();
        // People and tsig-keygen leave the dot off; the root has nothing else.
        let name = name.strip_suffix('.').filter(|name| !name.is_empty());
        let mut text = String::with_capacity(512);
        text.push_str("key \"");
        text.push_str(name.unwrap_or("."));
        text.push_str("\" {\n\talgorithm ");
        text.push_str(self.algorithm().as_str());
        text.push_str(";\n\tsecret \"");
        let written = self.secret().print_base64(&mut text);
        debug_assert!(written.is_ok(), "a string takes all");
        text.push_str("\";\n};\n");
        text
    }
}
