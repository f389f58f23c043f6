//! All sources together: cases, events against one pass, and what they cost.

mod builders;
mod doubt;
mod events;
mod external;
mod gateway;
mod kinds;
mod samples;
mod service;
mod unstructured;
