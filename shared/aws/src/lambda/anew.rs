//! A function that panics begins anew: the process replaces itself by a fresh one, which takes over the invocation.
//!
//! Nothing that the panic left half done is in the new process, and a release needs no tables for unwinding, a sixth of its
//! size. Lambda notices nothing: the process keeps its number, and the Runtime API takes the answer of whoever knows the request id.

use crate::Invocation;
use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::os::unix::process::CommandExt as _;
use std::panic::PanicHookInfo;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Where a process leaves its invocation for the one that takes its place.
const VARIABLE: &str = "GREENLIGHT_INTERRUPTED";
/// What a variable may hold; Linux takes 128 KiB. A function with a larger event dies when it panics, and Lambda tries again.
const LARGEST: usize = 100 * 1024;

/// The invocation that this process works on.
static CURRENT: Mutex<Option<Interrupted>> = Mutex::new(None);

/// An invocation, and what went wrong with it so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Interrupted {
    pub(super) request_id: String,
    /// As the Runtime API says it.
    pub(super) deadline: u64,
    pub(super) payload: Value,
    pub(super) panics: Vec<String>,
}

impl Interrupted {
    /// What the process before this one left.
    pub(super) fn left() -> Option<Self> {
        serde_json::from_str(&std::env::var(VARIABLE).ok()?).ok()
    }

    /// Remembers an invocation until the guard is dropped.
    pub(super) fn remember(self) -> Remembered {
        set(Some(self));
        Remembered
    }
}

impl From<&LambdaEvent<Value>> for Interrupted {
    fn from(event: &LambdaEvent<Value>) -> Self {
        Self {
            request_id: event.context.request_id.clone(),
            deadline: event.context.deadline,
            payload: event.payload.clone(),
            panics: Vec::new(),
        }
    }
}

/// As long as it lives, a panic belongs to the invocation.
pub(super) struct Remembered;

impl Drop for Remembered {
    fn drop(&mut self) {
        set(None);
    }
}

fn set(current: Option<Interrupted>) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = current;
}

/// From now on, a panic during an invocation makes this process begin anew.
pub(super) fn after_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        if let Some(error) = begin(panic) {
            // the process is about to end; Lambda keeps what it says
            eprintln!("the function cannot begin anew: {error}");
        }
    }));
}

/// It returns only if the process has to end.
fn begin(panic: &PanicHookInfo<'_>) -> Option<String> {
    // a panic while it is locked is one of `set`, between two invocations
    let mut interrupted = CURRENT.try_lock().ok()?.take()?;
    if interrupted.panics.len() == Invocation::MOST_PANICS {
        return Some(format!("it panicked {} times before", Invocation::MOST_PANICS));
    }
    interrupted.panics.push(panic.payload_as_str().unwrap_or("without a message").to_owned());
    let text = match serde_json::to_string(&interrupted) {
        Ok(text) if text.len() <= LARGEST => text,
        _ => return Some("its event is too large to be handed over".to_owned()),
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(error.to_string()),
    };
    let mut arguments = std::env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Some(command.args(arguments).env(VARIABLE, text).exec().to_string())
}
