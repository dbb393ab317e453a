//! Standard output and standard error, line by line.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Longer lines are cut into pieces of this many bytes, as container log drivers do.
const LONGEST: usize = 16 * 1024;

/// Reads until the end and hands over every line, without its end. Bytes that are not UTF-8 are replaced.
pub(crate) async fn read<F, Done>(source: impl AsyncRead + Unpin, mut on_line: F)
where
    F: FnMut(String) -> Done,
    Done: Future<Output = ()>,
{
    let mut reader = BufReader::new(source);
    let mut line = Vec::new();
    loop {
        let (taken, ended) = match reader.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(buffer) => {
                let room = LONGEST - line.len();
                let piece = buffer.get(..room).unwrap_or(buffer);
                if let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
                    line.extend_from_slice(piece.get(..end).unwrap_or_default());
                    (end + 1, true)
                } else {
                    line.extend_from_slice(piece);
                    (piece.len(), line.len() >= LONGEST)
                }
            }
        };
        reader.consume(taken);
        if ended {
            on_line(text(&mut line)).await;
        }
    }
    if !line.is_empty() {
        on_line(text(&mut line)).await;
    }
}

fn text(line: &mut Vec<u8>) -> String {
    let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
    line.clear();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    async fn lines(source: &[u8]) -> Vec<String> {
        let found = RefCell::new(Vec::new());
        read(source, |line| {
            found.borrow_mut().push(line);
            std::future::ready(())
        })
        .await;
        found.into_inner()
    }

    #[tokio::test]
    async fn lines_come_without_their_ends() {
        assert_eq!(lines(b"a\r\n\nb\xff").await, ["a", "", "b\u{FFFD}"]);
        assert!(lines(b"").await.is_empty());
    }

    #[tokio::test]
    async fn long_lines_come_in_pieces() {
        let pieces = lines(&vec![b'x'; LONGEST * 2 + 1]).await;
        assert_eq!(pieces.iter().map(String::len).collect::<Vec<_>>(), [LONGEST, LONGEST, 1]);
    }
}
