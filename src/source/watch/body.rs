//! Bodies of answers, piece by piece, with patience for so long between two.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::timeout;

use super::failure::Failure;
use super::shape::Status;

/// The next bytes of a body; none at its end.
pub(super) async fn next(body: &mut Body, patience: Duration) -> Result<Option<Bytes>, Failure> {
    loop {
        let frame = timeout(patience, body.frame())
            .await
            .map_err(|_| Failure::Silent)?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(Failure::Lost(Box::new(error))),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// What a server says with a refusal, as far as it comes.
pub(super) async fn refusal(mut body: Body, patience: Duration) -> Status {
    let mut text = Vec::new();
    while let Ok(Some(bytes)) = next(&mut body, patience).await {
        text.extend_from_slice(&bytes);
        if text.len() > LONGEST_REFUSAL {
            break;
        }
    }
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Enough for any message of a server.
const LONGEST_REFUSAL: usize = 64 << 10;
