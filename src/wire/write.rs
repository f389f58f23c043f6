//! Writing messages: records, name compression by arithmetic, a hard size limit.
