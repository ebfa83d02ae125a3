//! use_verb
