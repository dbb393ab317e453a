//! The shop's pages.

use crate::database::{self, Product};
use crate::{Settings, ShopError, say};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until SIGTERM or SIGINT, then finishes the requests that are under way.
pub(crate) fn serve(settings: Settings) -> Result<(), ShopError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ShopError::Start)?;
    runtime.block_on(async move {
        let address = settings.listen;
        let network = |what| move |source| ShopError::Network { what, address, source };
        let mut terminate = signal(SignalKind::terminate()).map_err(ShopError::Start)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ShopError::Start)?;
        let listener = TcpListener::bind(address).await.map_err(network("listen on"))?;
        say(&format!("shop version {} serves on {address}", settings.version));
        axum::serve(listener, router(settings))
            .with_graceful_shutdown(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                say("told to stop: finishing the requests under way");
            })
            .await
            .map_err(network("serve on"))
    })
}

fn router(settings: Settings) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/products", get(products))
        .route("/products.json", get(list))
        .route("/health", get(health))
        .with_state(Arc::new(settings))
}

type Shop = State<Arc<Settings>>;

async fn home(State(settings): Shop) -> Response {
    page(settings.version, "<p>Parts for bicycles. <a href=\"/products\">Products</a></p>")
}

async fn products(State(settings): Shop) -> Response {
    match read(&settings).await {
        Ok(products) => {
            let mut list = String::from("<ul>");
            for Product { name, cents, note } in products {
                let _ = write!(list, "<li>{name}: {}.{:02} €", cents / 100, cents % 100);
                if let Some(note) = note {
                    let _ = write!(list, " ({note})");
                }
                list.push_str("</li>");
            }
            page(settings.version, &format!("{list}</ul>"))
        }
        Err(reason) => {
            say(&format!("products: {reason}"));
            (StatusCode::INTERNAL_SERVER_ERROR, "the shop cannot read its products").into_response()
        }
    }
}

async fn list(State(settings): Shop) -> Response {
    match read(&settings).await {
        Ok(products) => {
            let product = |Product { name, cents, note }| json!({ "name": name, "cents": cents, "note": note });
            let body = products.into_iter().map(product).collect::<serde_json::Value>().to_string();
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(reason) => {
            say(&format!("products: {reason}"));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn health(State(settings): Shop) -> Response {
    let database = read(&settings).await;
    let status = if database.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if let Err(reason) = &database {
        say(&format!("health: {reason}"));
    }
    let body = json!({ "database": database.is_ok(), "version": settings.version }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Reads in a thread where `SQLite` may block.
async fn read(settings: &Arc<Settings>) -> Result<Vec<Product>, String> {
    let settings = Arc::clone(settings);
    tokio::task::spawn_blocking(move || database::products(&settings.database, settings.version))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())
}

fn page(version: u8, body: &str) -> Response {
    let html = format!("<!doctype html><title>Shop</title><h1>Shop</h1>{body}<footer>version {version}</footer>");
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
