//! EDNS (RFC 6891): the OPT record and its options.
