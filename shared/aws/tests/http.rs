//! Requests over real connections, plain and over TLS.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use greenlight_aws::http::{Http, HttpError, Request, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server that answers every request with what it was asked, and counts its connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                match tls.clone() {
                    None => drop(tokio::spawn(echo(stream))),
                    Some(tls) => drop(tokio::spawn(async move {
                        if let Ok(stream) = tls.accept(stream).await {
                            echo(stream).await;
                        }
                    })),
                }
            }
        });
        Self { address, connections }
    }
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => seen.extend_from_slice(&buffer[..read]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let answer = format!("HTTP/1.1 200 OK\r\nX-Seen: yes\r\nContent-Length: {}\r\n\r\n{head}", head.len());
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            seen.clear();
        }
    }
}

/// A certificate authority and a server's certificate for one name.
fn authority(name: &str) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (issuer.pem(), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn connections_are_kept_and_headers_are_sent_as_they_are() {
    let server = Server::start(None).await;
    let http = Http::real();
    for _ in 0..3 {
        let headers = vec![("Host".to_owned(), "shop.example.com".to_owned())];
        let request = Request { headers, ..Request::get(format!("http://{}/a?b=c", server.address)) };
        let answer = http.send(request).await.unwrap();
        let body = String::from_utf8(answer.body.clone()).unwrap();
        assert!(body.starts_with("GET /a?b=c HTTP/1.1") && body.contains("shop.example.com"), "{body}");
        assert!(!body.contains("127.0.0.1"), "{body}");
        assert_eq!((answer.status, answer.header("x-seen")), (200, Some("yes")));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_long_body_is_cut() {
    let server = Server::start(None).await;
    let request = Request { max_body: 3, ..Request::get(format!("http://{}/", server.address)) };
    let answer = Http::real().send(request).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.truncated), (b"GET".as_slice(), true));
}

#[tokio::test]
async fn a_certificate_is_checked_against_the_name_and_the_authority() {
    let (ca, acceptor) = authority("shop.example.com");
    let server = Server::start(Some(acceptor)).await;
    let http = Http::real();
    let ask = async |server_name: Option<&str>, ca: Option<&String>| {
        let tls = Tls { server_name: server_name.map(str::to_owned), ca: ca.cloned() };
        http.send(Request { tls, ..Request::get(format!("https://{}/", server.address)) }).await
    };
    assert_eq!(ask(Some("shop.example.com"), Some(&ca)).await.unwrap().status, 200);
    for (server_name, ca, message) in [
        (Some("shop.example.com"), None, "UnknownIssuer"),
        (Some("other.example.com"), Some(&ca), "not valid for name"),
        (None, Some(&ca), "not valid for name"),
        (Some("shop.example.com"), Some(&"no certificate".to_owned()), "no certificate in PEM"),
    ] {
        let error = ask(server_name, ca).await.unwrap_err().to_string();
        assert!(error.contains(message), "{message}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Http::real().send(Request::get(format!("http://{address}/"))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Connect(text) if text.contains("refused")), "{error}");
}

#[tokio::test]
async fn a_server_name_changes_neither_who_is_asked_nor_for_what_host() {
    let (ca, acceptor) = authority("shop.example.com");
    let servers = [Server::start(Some(acceptor.clone())).await, Server::start(Some(acceptor)).await];
    let http = Http::real();
    let tls = Tls { server_name: Some("shop.example.com".to_owned()), ca: Some(ca) };
    for address in servers.iter().chain(&servers).map(|server| server.address) {
        for (headers, host) in [
            (Vec::new(), address.to_string()),
            (vec![("Host".to_owned(), "blue.example.com".to_owned())], "blue.example.com".to_owned()),
        ] {
            let request = Request { tls: tls.clone(), headers, ..Request::get(format!("https://{address}/")) };
            let body = String::from_utf8(http.send(request).await.unwrap().body).unwrap().to_lowercase();
            let hosts: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("host: ")).collect();
            assert_eq!(hosts, [host], "{body}");
        }
    }
    assert!(servers.iter().all(|server| server.connections.load(Ordering::SeqCst) == 1));
}

#[tokio::test]
async fn nothing_is_followed_or_unpacked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        let head = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n";
        stream.write_all(format!("{head}plain").as_bytes()).await.unwrap();
    });
    let answer = Http::real().send(Request::get(format!("http://{address}/"))).await.unwrap();
    assert_eq!(
        (answer.status, answer.header("location"), answer.header("content-encoding")),
        (302, Some("/elsewhere"), Some("gzip"))
    );
    assert_eq!(answer.body, b"plain");
}

#[tokio::test]
async fn an_answer_that_ends_too_early_is_broken_and_tells_no_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let http = Http::real();
    for _ in 0..2 {
        let error = http.send(Request::get(format!("http://{address}/?token=secret"))).await.unwrap_err();
        assert!(matches!(&error, HttpError::Broken(text) if !text.contains("secret") && !text.is_empty()), "{error}");
    }
    let error = http.send(Request::get(format!("http://{address}/?token=secret"))).await.unwrap_err();
    assert!(matches!(&error, HttpError::Connect(text) if !text.contains("secret")), "{error}");
}
