//! All sources together: cases, events against one pass, and what they cost.

mod builders;
mod cases;
mod events;
mod external;
mod gateway;
mod samples;
mod unstructured;
