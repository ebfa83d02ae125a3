//! Every claim of `shell/`, in the real shells.

mod emission;
mod old_bash;
mod prompt;
mod table;
mod wrapper;
