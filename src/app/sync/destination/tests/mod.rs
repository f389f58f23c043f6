//! Destinations beside models that are fed by hand, on a clock that stands still.

mod course;
mod faults;
mod strangers;
mod unread;
