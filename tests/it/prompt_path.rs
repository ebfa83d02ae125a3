//! prompt_path
