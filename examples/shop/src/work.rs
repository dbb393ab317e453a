//! The shop's work without visitors.

use crate::{Settings, ShopError, database, say};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The worker rests this long.
const REST: Duration = Duration::from_secs(10);

/// Says how much is for sale; fails if this version cannot read it.
pub(crate) fn count(settings: &Settings) -> Result<(), ShopError> {
    let path = settings.database.display().to_string();
    let unread = |source| ShopError::Products { path, version: settings.version, source };
    let products = database::products(&settings.database, settings.version).map_err(unread)?;
    say(&format!("version {} sells {} products", settings.version, products.len()));
    Ok(())
}

/// Counts until SIGTERM or SIGINT.
pub(crate) fn work(settings: &Settings) -> Result<(), ShopError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ShopError::Start)?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(ShopError::Start)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ShopError::Start)?;
        let mut beat = tokio::time::interval(REST);
        loop {
            tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                _ = beat.tick() => count(settings)?,
            }
        }
    })
}
