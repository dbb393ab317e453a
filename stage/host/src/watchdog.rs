//! Ends process groups that a crash of the stage would leave behind, and removes its scratch folder.

use crate::HostError;
use nix::unistd::Pid;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Reads `+ GROUP` and `- GROUP` from a pipe. The pipe ends when the stage does, however it does: then the groups that
/// are left are told to end, and a second later are made to. A stage that ended without `= bye` has crashed: nobody else
/// removes its folder.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
groups=' '
bye=
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    =) bye=yes ;;
    -) case "$groups" in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
  esac
done
if [ "$groups" != ' ' ]; then
  for group in $groups; do kill -s TERM -- "-$group"; done
  sleep 1
  for group in $groups; do kill -s KILL -- "-$group"; done
fi
[ -n "$bye" ] || rm -rf -- "$1"
"#;

/// A process beside the stage that outlives it by a moment. Its clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Watchdog(UnboundedSender<(char, Pid)>);

impl Watchdog {
    /// `scratch` is removed if the stage crashes.
    pub(crate) fn start(scratch: &Path) -> Result<Self, HostError> {
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "watchdog"])
            .arg(scratch)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| HostError::Watchdog { source })?;
        let pipe = child.stdin.take();
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(async move {
            if let Some(pipe) = pipe {
                write(pipe, receiver).await;
            }
            // the pipe is closed now: the script has nothing to do and ends
            let _ = child.wait().await;
        });
        Ok(Self(sender))
    }

    pub(crate) fn watch(&self, group: Pid) {
        let _ = self.0.send(('+', group));
    }

    pub(crate) fn forget(&self, group: Pid) {
        let _ = self.0.send(('-', group));
    }
}

async fn write(mut pipe: ChildStdin, mut groups: UnboundedReceiver<(char, Pid)>) {
    while let Some((sign, group)) = groups.recv().await {
        if pipe.write_all(format!("{sign} {group}\n").as_bytes()).await.is_err() {
            return;
        }
    }
    // whoever reads has nothing to do if it is gone
    let _ = pipe.write_all(b"= bye\n").await;
}
