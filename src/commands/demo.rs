//! `awsenv demo`.
