//! Streams, good and hostile.
