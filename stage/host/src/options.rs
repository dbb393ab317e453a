//! What a stage is started with.

use crate::HostClock;
use greenlight_world::Setup;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a stage is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The world before anything happens. Its `network`, `pace`, `images` and listener addresses are overwritten with what is true here.
    pub setup: Setup,
    /// What images stand for, by the name that task definitions use.
    pub images: BTreeMap<String, Image>,
    /// How functions are started, by the function's name.
    pub functions: BTreeMap<String, Program>,
    /// A folder for whatever the processes write; it is made if it is not there. It is left alone afterwards, but for one case:
    /// when the program crashes, nobody else could remove it.
    pub scratch: PathBuf,
    /// The stage's time.
    pub clock: HostClock,
    /// The port of the AWS endpoint; any free one if absent.
    pub port: Option<u16>,
}

/// An image: a directory and a command.
///
/// In the command's and the environment's values `{ip}`, `{port}` and `{scratch}` stand for the address of the task, the
/// first port of the container and the scratch folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The working directory.
    pub directory: PathBuf,
    /// The program and its arguments; a command of the task definition or of `RunTask` takes its place as it is.
    pub command: Vec<String>,
    /// Environment variables, over those of the task definition.
    pub environment: BTreeMap<String, String>,
}

/// How a function is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}
