//! Every claim of `shell/`, in the real shells.

mod emission;
mod prompt;
mod table;
mod wrapper;
