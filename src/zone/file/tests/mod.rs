//! Zone files as a whole: those of `zones/`, and what the format allows, line by line.

mod folders;
