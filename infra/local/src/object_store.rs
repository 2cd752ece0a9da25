//! The embedded S3, with what it lacks: it tells of created objects, as S3's notifications do, it keeps versions
//! (`versions.rs`), and an object that is written anew while it is read is the old one or the new one, never a mixture.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use percent_encoding::percent_decode_str;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::sync::RwLock;

use xinzheng_template::{Deployment, Expression};

use crate::access_key::AccessKey;
use crate::connections;
use crate::ending::Work;
use crate::error::StackError;
use crate::resource_name::resource_name;
use crate::torn::Writings;
use crate::versions::{OBJECT_SIZE, OBJECT_VERSION, Versions};

/// An object that a request created.
#[derive(Clone, Debug)]
pub(crate) struct CreatedObject {
    /// Its bucket.
    pub(crate) bucket: String,
    /// Its key, decoded.
    pub(crate) key: String,
    /// Its entity tag, without quotes.
    pub(crate) etag: String,
    /// Its version, where versions are kept.
    pub(crate) version: Option<String>,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// What hears of created objects. It runs before the request is answered, so that an answered upload is never untold.
pub(crate) type Listener = Arc<dyn Fn(CreatedObject) + Send + Sync>;

/// Which pages may send which requests to which bucket: as the template's CORS rules have it, with the stack's own address
/// as the portal's origin.
#[derive(Debug, Default)]
pub(crate) struct Browsers {
    origin: String,
    methods: BTreeMap<String, Vec<String>>,
}

impl Browsers {
    /// As the template says.
    pub(crate) fn of(template: &Deployment, origin: &str) -> Self {
        let portal = Expression::Ref("PortalOrigin".to_owned());
        let methods = template.buckets().iter().map(|bucket| {
            let rules = bucket.cors.iter().filter(|rule| rule.origins.contains(&portal));
            (resource_name(&bucket.logical_id), rules.flat_map(|rule| rule.methods.clone()).collect())
        });
        Self { origin: origin.to_owned(), methods: methods.collect() }
    }

    /// True when a page of this origin may send such a request to this path.
    fn may(&self, origin: &str, method: &str, path: &str) -> bool {
        let bucket = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        origin == self.origin
            && self.methods.get(bucket).is_some_and(|methods| methods.iter().any(|known| known == method))
    }
}

/// The buckets whose versions are kept: those of which the template lets a role read versions.
pub(crate) fn versioned(template: &Deployment) -> BTreeSet<String> {
    template.buckets_read_by_version().map(resource_name).collect()
}

/// Serves the folder `root` on `listener`, to requests that are signed with `key`.
pub(crate) fn serve(
    listener: TcpListener,
    root: &Path,
    key: &AccessKey,
    created: Listener,
    (browsers, versioned): (Browsers, BTreeSet<String>),
    work: Work,
) -> Result<(), StackError> {
    let browsers = Arc::new(browsers);
    let files = FileSystem::new(root).map_err(|error| StackError::unwritable(root, format!("{error:?}")))?;
    let versions = Versions::of(files, root, versioned).map_err(|error| StackError::unwritable(root, error))?;
    let mut builder = S3ServiceBuilder::new(versions);
    builder.set_auth(SimpleAuth::from_single(key.id.as_str(), key.secret.as_str()));
    let service = builder.build();
    let writings = Arc::new(Writings::open(root).map_err(|error| StackError::unwritable(root, error))?);
    let locks = Arc::new(Locks::default());
    let answer = service_fn(move |request| {
        from_browser(
            service.clone(),
            Arc::clone(&created),
            (Arc::clone(&locks), Arc::clone(&writings)),
            Arc::clone(&browsers),
            request,
        )
    });
    connections::serve(listener, answer, work);
    Ok(())
}

/// Answers what a page asks before it sends a request, and lets it read the answer when it may (Fetch, 3.2). A page that may
/// not gets nothing, whatever it has an address of.
async fn from_browser(
    service: S3Service,
    created: Listener,
    guards: (Arc<Locks>, Arc<Writings>),
    browsers: Arc<Browsers>,
    request: Request<Incoming>,
) -> Result<Response<s3s::Body>, s3s::HttpError> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(origin) = header("origin") else { return answer(service, created, guards, request).await };
    let asks_before = request.method() == Method::OPTIONS;
    let method = if asks_before { header("access-control-request-method") } else { Some(request.method().to_string()) };
    let may = browsers.may(&origin, &method.unwrap_or_default(), request.uri().path());
    let wanted = header("access-control-request-headers");
    if !may {
        let mut response = Response::new(s3s::Body::empty());
        *response.status_mut() = StatusCode::FORBIDDEN;
        return Ok(response);
    }
    let mut response =
        if asks_before { Response::new(s3s::Body::empty()) } else { answer(service, created, guards, request).await? };
    let told = [
        ("access-control-allow-origin", Some(origin)),
        ("access-control-allow-methods", asks_before.then(|| "PUT".to_owned())),
        ("access-control-allow-headers", wanted.filter(|_| asks_before)),
        ("access-control-expose-headers", Some("etag".to_owned())),
        ("vary", Some("origin".to_owned())),
    ];
    for (name, value) in told {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn answer(
    service: S3Service,
    created: Listener,
    (locks, writings): (Arc<Locks>, Arc<Writings>),
    request: Request<Incoming>,
) -> Result<Response<s3s::Body>, s3s::HttpError> {
    let (upload, completed) = (upload_of(&request), completed_of(&request));
    let lock = locks.of(request.uri().path());
    let response = if request.method() == Method::GET || request.method() == Method::HEAD {
        let _reading = lock.read().await;
        service.call(request.map(s3s::Body::from)).await?
    } else {
        let _lock = lock.write().await;
        let _writing = match &upload {
            None => None,
            // A name that is too long for a note is too long for the store.
            Some((bucket, key, _)) => writings.begin(bucket, key).ok(),
        };
        service.call(request.map(s3s::Body::from)).await?
    };
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let size = || header(OBJECT_SIZE).and_then(|size| size.parse().ok()).unwrap_or(0);
    if let Some((bucket, key, size)) = upload.or_else(|| completed.map(|(bucket, key)| (bucket, key, size())))
        && response.status().is_success()
        && let Some(etag) = header("etag")
    {
        let version = header(OBJECT_VERSION);
        created(CreatedObject { bucket, key, etag: etag.trim_matches('"').to_owned(), version, size });
    }
    Ok(response)
}

/// A lock for each path that is being read or written: an object's bytes and its checksum lie in two files. Whoever is slow
/// keeps others from that object alone.
#[derive(Default)]
struct Locks(Mutex<HashMap<String, Weak<RwLock<()>>>>);

impl Locks {
    fn of(&self, path: &str) -> Arc<RwLock<()>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = held.get(path).and_then(Weak::upgrade) {
            return lock;
        }
        // Before the map grows: those that nobody holds any more.
        if held.len() == held.capacity() {
            held.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = Arc::new(RwLock::new(()));
        held.insert(path.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

/// The bucket, key and size when the request is a plain upload of an object.
fn upload_of(request: &Request<Incoming>) -> Option<(String, String, u64)> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() != Method::PUT || query.contains("partNumber=") {
        return None;
    }
    let (bucket, key) = place_of(request)?;
    let length = |name: &str| request.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
    let size = length("x-amz-decoded-content-length").or_else(|| length("content-length")).unwrap_or(0);
    Some((bucket, key, size))
}

/// The bucket and key when the request completes an upload in parts.
fn completed_of(request: &Request<Incoming>) -> Option<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    if request.method() == Method::POST && query.contains("uploadId=") { place_of(request) } else { None }
}

fn place_of(request: &Request<Incoming>) -> Option<(String, String)> {
    let path = percent_decode_str(request.uri().path().strip_prefix('/')?).decode_utf8().ok()?.into_owned();
    let (bucket, key) = path.split_once('/').filter(|(_, key)| !key.is_empty())?;
    Some((bucket.to_owned(), key.to_owned()))
}
