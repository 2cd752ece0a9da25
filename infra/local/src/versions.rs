//! Versions of objects, which the embedded store lacks: as S3 keeps them, of the buckets whose versions some role may read.
//! A version that is replaced or deleted is kept as an object of a bucket beside, and what an entity tag is asked for on reading
//! is held against it.
//!
//! Whoever calls holds the key's lock: nobody else writes it meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, HeaderValue};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use xinzheng_domain::sha256::hexadecimal;

use crate::state_file;

/// The headers that say how long a completed object is, and which version of its key.
pub(crate) const OBJECT_SIZE: &str = "x-amz-object-size";
pub(crate) const OBJECT_VERSION: &str = "x-amz-version-id";
/// What a version is called of an object from before there were versions.
const NONE: &str = "null";

/// The embedded store with versions.
pub(crate) struct Versions {
    files: FileSystem,
    root: PathBuf,
    /// The buckets whose versions are kept.
    buckets: BTreeSet<String>,
}

/// The versions of a key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Line {
    key: String,
    /// The version that the store itself has, when it has one that is known.
    current: Option<String>,
    /// Those before it, newest first.
    older: Vec<Older>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Older {
    id: String,
    etag: String,
    size: i64,
    /// When it was stored, in milliseconds since 1970.
    at: u64,
}

/// Where the bytes of a version lie, and what it is called.
struct Place {
    bucket: String,
    key: String,
    id: Option<String>,
}

impl Versions {
    /// The store in `root`, with versions of these buckets.
    pub(crate) fn of(files: FileSystem, root: &Path, buckets: BTreeSet<String>) -> io::Result<Self> {
        for bucket in &buckets {
            fs::create_dir_all(root.join(beside(bucket)))?;
            fs::create_dir_all(lines(root, bucket))?;
        }
        Ok(Self { files, root: root.to_owned(), buckets })
    }

    fn line(&self, bucket: &str, key: &str) -> S3Result<Option<Line>> {
        if !self.buckets.contains(bucket) {
            return Ok(None);
        }
        let line = match fs::read(self.line_file(bucket, key)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| s3_error!(error, InternalError))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Line { key: key.to_owned(), ..Line::default() },
            Err(error) => return Err(s3_error!(error, InternalError)),
        };
        Ok(Some(line))
    }

    fn keep(&self, bucket: &str, line: &Line) -> S3Result<()> {
        let json = serde_json::to_vec(line).map_err(|error| s3_error!(error, InternalError))?;
        state_file::replace(&self.line_file(bucket, &line.key), &json).map_err(|error| s3_error!(error, InternalError))
    }

    fn line_file(&self, bucket: &str, key: &str) -> PathBuf {
        lines(&self.root, bucket).join(format!("{}.json", digest(key)))
    }

    /// Where the wanted version is, or the newest one.
    fn find(&self, bucket: &str, key: &str, wanted: Option<String>) -> S3Result<Place> {
        let here = |id| Place { bucket: bucket.to_owned(), key: key.to_owned(), id };
        let line = self.line(bucket, key)?;
        let (Some(line), Some(wanted)) = (&line, &wanted) else {
            return match wanted {
                Some(wanted) if wanted != NONE => Err(s3_error!(NoSuchVersion)),
                _ => Ok(here(line.and_then(|line| line.current))),
            };
        };
        if line.current.as_deref().unwrap_or(NONE) == wanted {
            return Ok(here(line.current.clone()));
        }
        if line.older.iter().any(|older| older.id == *wanted) {
            return Ok(Place { bucket: beside(bucket), key: kept(key, wanted), id: Some(wanted.clone()) });
        }
        Err(s3_error!(NoSuchVersion))
    }

    /// Puts aside what is under a key, before another takes its place. The line as it was; `None` where no versions are kept.
    async fn put_aside<T>(&self, request: &S3Request<T>, bucket: &str, key: &str) -> S3Result<Option<Line>> {
        let Some(line) = self.line(bucket, key)? else { return Ok(None) };
        let input = head_of(bucket, key)?;
        let Ok(head) = self.files.head_object(with(request, input)).await else { return Ok(Some(line)) };
        let id = line.current.clone().unwrap_or_else(|| NONE.to_owned());
        self.copy(request, (bucket, key), (&beside(bucket), &kept(key, &id))).await?;
        let stored = fs::metadata(self.root.join(bucket).join(key)).and_then(|file| file.modified());
        let since = stored.unwrap_or(UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap_or_default();
        let older = Older {
            id: id.clone(),
            etag: head.output.e_tag.map(ETag::into_value).unwrap_or_default(),
            size: head.output.content_length.unwrap_or_default(),
            at: u64::try_from(since.as_millis()).unwrap_or_default(),
        };
        let mut aside = Line { current: None, ..line.clone() };
        aside.older.retain(|known| known.id != id);
        aside.older.insert(0, older);
        self.keep(bucket, &aside)?;
        Ok(Some(line))
    }

    /// Names what was stored under a key, or has it as it was before when nothing was.
    async fn settle<T>(
        &self,
        request: &S3Request<T>,
        bucket: &str,
        before: Line,
        stored: bool,
    ) -> S3Result<Option<String>> {
        if stored {
            let mut line = self.line(bucket, &before.key)?.unwrap_or_default();
            let id: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
            line.current = Some(id.clone());
            self.keep(bucket, &line)?;
            return Ok(Some(id));
        }
        let key = before.key.clone();
        let id = before.current.as_deref().unwrap_or(NONE);
        if self.line(bucket, &key)?.is_some_and(|line| line.older.iter().any(|older| older.id == id)) {
            self.copy(request, (&beside(bucket), &kept(&key, id)), (bucket, &key)).await?;
        } else {
            self.files.delete_object(with(request, delete_of(bucket, &key)?)).await?;
        }
        self.keep(bucket, &before)?;
        Ok(None)
    }

    async fn copy<T>(&self, request: &S3Request<T>, from: (&str, &str), to: (&str, &str)) -> S3Result<()> {
        let source = CopySource::Bucket { bucket: from.0.into(), key: from.1.into(), version_id: None };
        let input = CopyObjectInput::builder().copy_source(source).bucket(to.0.to_owned()).key(to.1.to_owned()).build();
        let input = input.map_err(|error| s3_error!(error, InternalError))?;
        self.files.copy_object(with(request, input)).await?;
        Ok(())
    }

    /// Errs when an object is not the one that is asked for.
    async fn hold<T>(&self, request: &S3Request<T>, place: &Place, wanted: Option<&ETagCondition>) -> S3Result<()> {
        let Some(ETagCondition::ETag(wanted)) = wanted else { return Ok(()) };
        let head = self.files.head_object(with(request, head_of(&place.bucket, &place.key)?)).await?;
        if head.output.e_tag.is_some_and(|etag| etag.strong_cmp(wanted)) {
            return Ok(());
        }
        Err(s3_error!(PreconditionFailed))
    }

    async fn get(&self, mut request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let (version, condition) = (request.input.version_id.take(), request.input.if_match.take());
        let place = self.find(&request.input.bucket, &request.input.key, version)?;
        self.hold(&request, &place, condition.as_ref()).await?;
        (request.input.bucket, request.input.key) = (place.bucket, place.key);
        let mut response = self.files.get_object(request).await?;
        response.output.version_id = place.id;
        Ok(response)
    }

    async fn head(&self, mut request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let (version, condition) = (request.input.version_id.take(), request.input.if_match.take());
        let place = self.find(&request.input.bucket, &request.input.key, version)?;
        self.hold(&request, &place, condition.as_ref()).await?;
        (request.input.bucket, request.input.key) = (place.bucket, place.key);
        let mut response = self.files.head_object(request).await?;
        response.output.version_id = place.id;
        Ok(response)
    }

    async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let like = with(&request, ());
        let storing = self.files.put_object(request);
        self.stored(&like, (&bucket, &key), storing, |output, id| output.version_id = id).await
    }

    /// Stores something as the newest version; what was there becomes an older one.
    async fn stored<T>(
        &self,
        like: &S3Request<()>,
        (bucket, key): (&str, &str),
        storing: impl Future<Output = S3Result<S3Response<T>>>,
        name: impl FnOnce(&mut T, Option<String>),
    ) -> S3Result<S3Response<T>> {
        let before = self.put_aside(like, bucket, key).await?;
        let mut stored = storing.await;
        if let Some(before) = before {
            let id = self.settle(like, bucket, before, stored.is_ok()).await?;
            if let Ok(stored) = &mut stored {
                name(&mut stored.output, id);
            }
        }
        stored
    }

    async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let like = with(&request, ());
        let storing = self.files.complete_multipart_upload(request);
        let mut response = self.stored(&like, (&bucket, &key), storing, |output, id| output.version_id = id).await?;
        // What is told of created objects is taken from headers, as of those that are put in one piece.
        let head = self.files.head_object(with(&like, head_of(&bucket, &key)?)).await?.output;
        let told = [
            ("etag", head.e_tag.map(|etag| etag.into_value())),
            (OBJECT_SIZE, head.content_length.map(|size| size.to_string())),
            (OBJECT_VERSION, response.output.version_id.clone()),
        ];
        for (name, value) in told {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(response)
    }

    /// Without a version what was there becomes an older one; a version that is named is gone for ever.
    async fn delete(&self, mut request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        let Some(version) = request.input.version_id.take() else {
            let like = with(&request, ());
            let is_kept = self.put_aside(&like, &bucket, &key).await?.is_some();
            let mut response = self.files.delete_object(request).await?;
            response.output.delete_marker = is_kept.then_some(true);
            return Ok(response);
        };
        let place = self.find(&bucket, &key, Some(version.clone()))?;
        let mut line = self.line(&bucket, &key)?.unwrap_or_default();
        (request.input.bucket, request.input.key) = (place.bucket, place.key);
        let like = with(&request, ());
        let mut response = self.files.delete_object(request).await?;
        if line.current.as_deref() == Some(&version) {
            line.current = None;
            if !line.older.is_empty() {
                let next = line.older.remove(0);
                self.copy(&like, (&beside(&bucket), &kept(&key, &next.id)), (&bucket, &key)).await?;
                line.current = Some(next.id).filter(|id| id != NONE);
            }
        }
        line.older.retain(|older| older.id != version);
        self.keep(&bucket, &line)?;
        response.output.version_id = Some(version);
        Ok(response)
    }

    async fn list(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let bucket = request.input.bucket.clone();
        let prefix = request.input.prefix.clone().unwrap_or_default();
        let folder = lines(&self.root, &bucket);
        let mut all: Vec<Line> = vec![];
        for entry in fs::read_dir(folder).map_err(|error| s3_error!(error, NoSuchBucket))? {
            let file = entry.map_err(|error| s3_error!(error, InternalError))?.path();
            let line = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Line>(&bytes).ok());
            all.extend(line.filter(|line| line.key.starts_with(&prefix)));
        }
        all.sort_by(|one, other| one.key.cmp(&other.key));
        let mut versions = vec![];
        for line in all {
            if let Some(id) = line.current {
                let head = self.files.head_object(with(&request, head_of(&bucket, &line.key)?)).await?.output;
                versions.push(ObjectVersion {
                    key: Some(line.key.clone()),
                    version_id: Some(id),
                    is_latest: Some(true),
                    e_tag: head.e_tag,
                    size: head.content_length,
                    last_modified: head.last_modified,
                    ..ObjectVersion::default()
                });
            }
            versions.extend(line.older.into_iter().map(|older| ObjectVersion {
                key: Some(line.key.clone()),
                version_id: Some(older.id),
                is_latest: Some(false),
                e_tag: Some(ETag::Strong(older.etag)),
                size: Some(older.size),
                last_modified: Some(Timestamp::from(moment(older.at))),
                ..ObjectVersion::default()
            }));
        }
        Ok(S3Response::new(ListObjectVersionsOutput {
            name: Some(bucket),
            prefix: Some(prefix),
            is_truncated: Some(false),
            versions: Some(versions),
            ..ListObjectVersionsOutput::default()
        }))
    }

    async fn delete_all(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        if !self.buckets.contains(&request.input.bucket) {
            return self.files.delete_objects(request).await;
        }
        let mut deleted = vec![];
        for object in request.input.delete.objects.clone() {
            let mut input = delete_of(&request.input.bucket, &object.key)?;
            input.version_id = object.version_id.clone();
            self.delete(with(&request, input)).await?;
            let (key, version_id) = (Some(object.key), object.version_id);
            deleted.push(DeletedObject { key, version_id, ..DeletedObject::default() });
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..DeleteObjectsOutput::default() }))
    }
}

/// The bucket in which the older versions of a bucket are kept.
fn beside(bucket: &str) -> String {
    format!("{bucket}.versions")
}

/// The key of an older version in it.
fn kept(key: &str, id: &str) -> String {
    format!("{}/{id}", digest(key))
}

/// Where it is written which versions there are.
fn lines(root: &Path, bucket: &str) -> PathBuf {
    root.with_extension("versions").join(bucket)
}

fn digest(key: &str) -> String {
    hexadecimal(&Sha256::digest(key.as_bytes()))
}

fn moment(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds)
}

fn head_of(bucket: &str, key: &str) -> S3Result<HeadObjectInput> {
    let input = HeadObjectInput::builder().bucket(bucket.to_owned()).key(key.to_owned()).build();
    input.map_err(|error| s3_error!(error, InternalError))
}

fn delete_of(bucket: &str, key: &str) -> S3Result<DeleteObjectInput> {
    let input = DeleteObjectInput::builder().bucket(bucket.to_owned()).key(key.to_owned()).build();
    input.map_err(|error| s3_error!(error, InternalError))
}

/// A request of the same caller.
fn with<T, U>(request: &S3Request<T>, input: U) -> S3Request<U> {
    S3Request {
        input,
        method: request.method.clone(),
        uri: request.uri.clone(),
        headers: request.headers.clone(),
        extensions: http::Extensions::new(),
        credentials: request.credentials.clone(),
        region: request.region.clone(),
        service: request.service.clone(),
        trailing_headers: None,
    }
}

type Answered<'f, T> = Pin<Box<dyn Future<Output = S3Result<S3Response<T>>> + Send + 'f>>;

/// Answers operations by methods of our own, or else by those of the store.
macro_rules! operations {
    (own { $($operation:ident by $own:ident: $input:ident -> $output:ident,)+ }
     of_the_store { $($as_it_is:ident: $its_input:ident -> $its_output:ident,)+ }) => {
        impl S3 for Versions {
            $(fn $operation<'s, 'f>(&'s self, request: S3Request<$input>) -> Answered<'f, $output>
            where
                's: 'f,
                Self: 'f,
            {
                Box::pin(self.$own(request))
            })+
            $(fn $as_it_is<'s, 'f>(&'s self, request: S3Request<$its_input>) -> Answered<'f, $its_output>
            where
                's: 'f,
                Self: 'f,
            {
                self.files.$as_it_is(request)
            })+
        }
    };
}

operations! {
    own {
    get_object by get: GetObjectInput -> GetObjectOutput,
    head_object by head: HeadObjectInput -> HeadObjectOutput,
    put_object by put: PutObjectInput -> PutObjectOutput,
    complete_multipart_upload by complete: CompleteMultipartUploadInput -> CompleteMultipartUploadOutput,
    delete_object by delete: DeleteObjectInput -> DeleteObjectOutput,
    delete_objects by delete_all: DeleteObjectsInput -> DeleteObjectsOutput,
    list_object_versions by list: ListObjectVersionsInput -> ListObjectVersionsOutput,
    }
    of_the_store {
    create_bucket: CreateBucketInput -> CreateBucketOutput,
    head_bucket: HeadBucketInput -> HeadBucketOutput,
    get_bucket_location: GetBucketLocationInput -> GetBucketLocationOutput,
    list_buckets: ListBucketsInput -> ListBucketsOutput,
    list_objects: ListObjectsInput -> ListObjectsOutput,
    list_objects_v2: ListObjectsV2Input -> ListObjectsV2Output,
    create_multipart_upload: CreateMultipartUploadInput -> CreateMultipartUploadOutput,
    upload_part: UploadPartInput -> UploadPartOutput,
    list_parts: ListPartsInput -> ListPartsOutput,
    abort_multipart_upload: AbortMultipartUploadInput -> AbortMultipartUploadOutput,
    }
}
