//! The container's health check: asks the shop over its own port, without a `curl` in the image.

use crate::ShopError;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(4);

/// Gets `/health` from `address`; anything but status 200 is an error.
pub(crate) fn ask(address: SocketAddr) -> Result<(), ShopError> {
    let status = status_line(address).map_err(|source| ShopError::Network { what: "ask", address, source })?;
    if status.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(ShopError::Unhealthy { address, status }) }
}

fn status_line(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    // a status line is short: whatever else answers on the port cannot fill the memory
    BufReader::new(stream.take(1024)).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
