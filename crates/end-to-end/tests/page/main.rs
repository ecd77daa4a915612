//! The viewer page in Chromium, on the two real programs.

mod actions;
mod age;
mod losses;
mod pictures;
mod proxy;
mod settings;
mod token;
