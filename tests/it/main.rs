//! The one integration binary.

mod cli;
mod config;
mod daemon;
mod home;
