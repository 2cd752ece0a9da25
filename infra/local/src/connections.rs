//! Connections of clients: who is slow to say what is wanted is let go, and whoever is being answered when the stack ends is
//! answered.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::ending::Work;

/// How long a client may take for the head of a request, and be silent between requests.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nobody is accepted when the system has no place for another connection.
const PAUSE: Duration = Duration::from_millis(50);

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// Where a request comes from: an extension of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves `service` on `listener` by HTTP/1.1 until it is to end: then nobody is accepted any more but who had come before, and
/// connections end after the answers that are being made.
pub(crate) fn serve<S, B>(listener: TcpListener, service: S, mut work: Work)
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<Anything>> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Anything>> + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = work.ended() => break,
            };
            match accepted {
                Ok((socket, peer)) => {
                    tokio::spawn(converse(socket, Peer(peer.ip()), service.clone(), work.clone()));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        // Whom the system let in while everybody was busy would be cut off with the listener.
        let Ok(listener) = listener.into_std() else { return };
        while let Ok((socket, peer)) = listener.accept() {
            let Ok(socket) = socket.set_nonblocking(true).and_then(|()| TcpStream::from_std(socket)) else { continue };
            tokio::spawn(converse(socket, Peer(peer.ip()), service.clone(), work.clone()));
        }
    });
}

async fn converse<S, B>(socket: TcpStream, peer: Peer, service: S, mut work: Work)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Anything>>,
    B: Body<Error: Into<Anything>> + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        service.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = work.ended() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
