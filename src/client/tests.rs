//! Tests over sockets of this process.
