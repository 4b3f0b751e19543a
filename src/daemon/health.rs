//! `/healthz`, `/readyz` and `/metrics` on an address of this machine alone.
//!
//! In: GET requests (RFC 9112). Out: a few lines of text each. Nothing is changed by a request. What can go wrong: the
//! address is taken. Requests are bounded in size, time and number, and names of other hosts are refused, so that no page
//! in a browser on this machine can ask in their name.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::Fatal;
use super::gauges::Gauges;

/// Bytes of a request's head.
const MAX_HEAD: usize = 8 << 10;
/// Requests at the same time; more of them wait.
const MAX_REQUESTS: usize = 16;
/// Time for one request.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Who answers.
#[derive(Debug)]
pub(super) struct Health {
    gauges: Arc<Gauges>,
    listening: Option<(SocketAddr, JoinHandle<()>)>,
}

impl Health {
    /// Answers from these numbers, once it listens.
    pub(super) fn new(gauges: &Arc<Gauges>) -> Self {
        Self { gauges: Arc::clone(gauges), listening: None }
    }

    /// Listens here and nowhere else from now on.
    pub(super) async fn listen(&mut self, address: Option<SocketAddr>) -> Result<(), Fatal> {
        if self.listening.as_ref().map(|(current, _)| *current) == address {
            return Ok(());
        }
        if let Some((_, task)) = self.listening.take() {
            task.abort();
        }
        let Some(address) = address else { return Ok(()) };
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| Fatal(format!("cannot listen at {address}: {error}")))?;
        let at = listener.local_addr().unwrap_or(address);
        tracing::info!(%at, "answers /healthz, /readyz and /metrics");
        self.listening = Some((address, tokio::spawn(serve(listener, Arc::clone(&self.gauges)))));
        Ok(())
    }
}

impl Drop for Health {
    fn drop(&mut self) {
        if let Some((_, task)) = &self.listening {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, gauges: Arc<Gauges>) {
    let places = Arc::new(Semaphore::new(MAX_REQUESTS));
    loop {
        // Never closed while this runs.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: the next request may find one.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let gauges = Arc::clone(&gauges);
        tokio::spawn(async move {
            // Who is too slow, or gone, gets no answer.
            let _ = tokio::time::timeout(MAX_TIME, answer(stream, &gauges)).await;
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, gauges: &Gauges) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await?;
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if count == 0 || head.len() > MAX_HEAD {
            return Ok(());
        }
    }
    let (status, body) = respond(&String::from_utf8_lossy(&head), gauges);
    let length = body.len();
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await
}

/// Status and body for a request's head.
fn respond(head: &str, gauges: &Gauges) -> (&'static str, String) {
    let mut lines = head.lines();
    let mut request = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
    let host = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    });
    if !host.is_some_and(is_this_machine) {
        return ("421 Misdirected Request", "ask this machine by its own name\n".to_owned());
    }
    if method != "GET" {
        return ("405 Method Not Allowed", "only GET\n".to_owned());
    }
    match target.split('?').next().unwrap_or_default() {
        "/healthz" => match gauges.degraded() {
            None => ("200 OK", "ok\n".to_owned()),
            Some(why) => ("503 Service Unavailable", format!("degraded: {why}\n")),
        },
        "/readyz" if gauges.is_ready() => ("200 OK", "ready\n".to_owned()),
        "/readyz" => ("503 Service Unavailable", "the first look at the inboxes is not done\n".to_owned()),
        "/metrics" => ("200 OK", gauges.metrics()),
        _ => ("404 Not Found", "/healthz, /readyz, /metrics\n".to_owned()),
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let gauges = Gauges::default();
        let ask =
            |target: &str, host: &str| respond(&format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"), &gauges);
        assert_eq!(ask("/healthz", "localhost:8650").0, "200 OK");
        assert_eq!(ask("/readyz", "127.0.0.1").0, "503 Service Unavailable");
        gauges.set_ready();
        assert_eq!(ask("/readyz", "[::1]:80").0, "200 OK");
        gauges.set_degraded(Some("the disk is full".to_owned()));
        assert_eq!(
            ask("/healthz", "localhost"),
            ("503 Service Unavailable", "degraded: the disk is full\n".to_owned())
        );
        assert!(ask("/metrics?x", "localhost").1.contains("hedui_degraded 1\n"));
        assert_eq!(ask("/", "localhost").0, "404 Not Found");
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", ""] {
            assert_eq!(ask("/metrics", host).0, "421 Misdirected Request", "{host}");
        }
        assert_eq!(respond("POST /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", &gauges).0, "405 Method Not Allowed");
        assert_eq!(respond("", &gauges).0, "421 Misdirected Request");
    }
}
