//! `bench-server ADDRESS [MILLISECONDS]`: answers everything after a while; prints the port it listens on.

use greenlight_bench::server;
use std::io::{self, Write as _};
use std::time::Duration;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let delay = arguments.next().map_or(Ok(20), |text| text.parse()).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::bind(&address).await?;
        writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
        server::serve(listener, Duration::from_millis(delay)).await
    })
}
