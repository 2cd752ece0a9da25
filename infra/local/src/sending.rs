//! A file on its way to a service: announced, put, and followed until it is done.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use xinzheng_api::upload::{ANNOUNCE, READ, Upload, UploadAnnouncement, UploadPath, UploadState};
use xinzheng_domain::UploadId;

use crate::service_client::{ServiceClient, ServiceError};

/// Between two looks at how far a file has come.
const LOOKS: Duration = Duration::from_millis(250);

/// Announces a file and puts it where the announcement says.
pub(crate) async fn send(
    service: &ServiceClient,
    announcement: &UploadAnnouncement,
    content: Vec<u8>,
) -> Result<UploadId, ServiceError> {
    let once = format!("{}-{}", announcement.sha256, Timestamp::now().as_nanosecond());
    let announced = service.submit(&ANNOUNCE, &(), announcement, (&once, None)).await?.answer;
    service.put_file(&announced.upload, content).await?;
    Ok(announced.id)
}

/// The upload once it is refused or indexed; `None` when it is neither until then.
pub(crate) async fn done(
    service: &ServiceClient,
    id: &UploadId,
    until: Instant,
) -> Result<Option<Upload>, ServiceError> {
    let path = UploadPath { id: id.clone() };
    loop {
        let upload: Upload = service.ask(&READ, &path, &()).await?;
        if upload.receipt.is_some() && matches!(upload.state, UploadState::Refused | UploadState::Indexed) {
            return Ok(Some(upload));
        }
        if Instant::now() > until {
            return Ok(None);
        }
        tokio::time::sleep(LOOKS).await;
    }
}
