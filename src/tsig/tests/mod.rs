//! Both sides together, and beside other programs.
