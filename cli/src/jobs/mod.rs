//! `greenlight jobs`: what runs by the clock, from here.

pub mod schedules;
