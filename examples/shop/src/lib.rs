//! The shop: a small web program with a database of its own and real migrations. It is the built-in example of
//! `greenlight rehearse`, and stands for what a team would deploy.
//!
//! One program is both releases: `SHOP_VERSION` says which. Version 2 shows a note beside each product, which needs a column
//! that its migration adds. The column may be empty, so version 1 goes on working with the new schema: that is what lets
//! both serve side by side while traffic shifts.
//!
//! | Variable | Meaning |
//! |---|---|
//! | `SHOP_VERSION` | the release: `1` (if unset) or `2` |
//! | `SHOP_DATABASE` | the database file; `shop.sqlite3` if unset |
//! | `SHOP_LISTEN` | `ip:port` to serve on; `127.0.0.1:8000` if unset |

mod database;
mod health;
mod serve;
mod work;

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: shop <command>

  serve     answer requests on SHOP_LISTEN until SIGTERM
  migrate   bring the database at SHOP_DATABASE to what this version needs
  health    ask a running shop at SHOP_LISTEN for its health; exit code 0 is healthy
  count     say how much is for sale, and whether this version can read it
  work      do the same every now and then until SIGTERM: the shop's work without visitors

SHOP_VERSION (1 or 2) says which release this is.";

/// What can go wrong in the shop.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The command line is wrong.
    #[error("{0}\n\n{USAGE}")]
    Usage(String),
    /// An environment variable is wrong.
    #[error("{variable} is `{value}`; set it to {expected}")]
    Setting {
        /// The variable.
        variable: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The database refused.
    #[error("database {path}: {source}")]
    Database {
        /// Its file.
        path: String,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A migration failed; the database is as it was before that migration.
    #[error("database {path}: {source}; nothing of the failed migration was kept")]
    Migration {
        /// Its file.
        path: String,
        /// What it said.
        source: rusqlite_migration::Error,
    },
    /// The database belongs to a later release.
    #[error(
        "database {path} has schema {found}, but version {version} of the shop knows schemas up to {known}; run the migrations of the later version"
    )]
    Later {
        /// Its file.
        path: String,
        /// Its schema.
        found: usize,
        /// This release.
        version: u8,
        /// The last schema that this release knows.
        known: usize,
    },
    /// The network refused.
    #[error("cannot {what} {address}: {source}")]
    Network {
        /// What was tried.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The shop at the address is not healthy.
    #[error("the shop at {address} answered {status}")]
    Unhealthy {
        /// Where.
        address: SocketAddr,
        /// The status line of its answer.
        status: String,
    },
    /// What is for sale cannot be read.
    #[error("database {path}: {source}; version {version} needs its migrations: run shop migrate")]
    Products {
        /// Its file.
        path: String,
        /// This release.
        version: u8,
        /// What it said.
        source: rusqlite::Error,
    },
    /// The process could not be set up.
    #[error("cannot start: {0}")]
    Start(#[source] std::io::Error),
}

/// The release that this process is, and where its things are.
#[derive(Debug, Clone)]
struct Settings {
    version: u8,
    database: PathBuf,
    listen: SocketAddr,
}

impl Settings {
    fn from_environment() -> Result<Self, ShopError> {
        let variable = |name| std::env::var(name).ok();
        let version = match variable("SHOP_VERSION").as_deref() {
            None | Some("1") => 1,
            Some("2") => 2,
            Some(other) => {
                return Err(ShopError::Setting {
                    variable: "SHOP_VERSION",
                    value: other.to_owned(),
                    expected: "1 or 2",
                });
            }
        };
        let listen = variable("SHOP_LISTEN").unwrap_or_else(|| "127.0.0.1:8000".to_owned());
        let listen = listen.parse().map_err(|_| ShopError::Setting {
            variable: "SHOP_LISTEN",
            value: listen.clone(),
            expected: "an address and a port, such as 127.0.0.1:8000",
        })?;
        let database = std::env::var_os("SHOP_DATABASE").map_or_else(|| "shop.sqlite3".into(), PathBuf::from);
        Ok(Self { version, database, listen })
    }
}

/// Runs the shop with the arguments that follow the program's name: exit code 0 done, 1 failed, 2 wrong usage.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<String> =
        arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // standard error may be gone; there is nobody left to tell
            let _ = writeln!(std::io::stderr(), "shop: {error}");
            match error {
                ShopError::Usage(_) | ShopError::Setting { .. } => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn command(arguments: &[String]) -> Result<(), ShopError> {
    let settings = Settings::from_environment()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve"] => serve::serve(settings),
        ["migrate"] => {
            for line in database::migrate(&settings)? {
                say(&line);
            }
            Ok(())
        }
        ["health"] => health::ask(settings.listen),
        ["count"] => work::count(&settings),
        ["work"] => work::work(&settings),
        ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(())
        }
        [] => Err(ShopError::Usage("no command given".to_owned())),
        other => Err(ShopError::Usage(format!("no command `{}`", other.join(" ")))),
    }
}

/// Writes a line to standard output, as a container logs. A reader that has gone away does not stop the shop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
