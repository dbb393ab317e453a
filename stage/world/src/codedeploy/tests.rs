//! Whole deployments, played by a scripted shell.
