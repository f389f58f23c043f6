//! Files of keys, good and bad.
