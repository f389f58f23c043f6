//! The harness itself: the recorder speaks the protocol, a cluster starts, breaks and comes back.
