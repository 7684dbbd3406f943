//! One HTTP exchange with a capped body.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};

/// The most that is read of any answer, in bytes.
pub(crate) const MOST: usize = 64 * 1024;

/// An answer's head and as much of its body as is read.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or its first 64 KiB. It may hold a token, so there is no `Debug`.
    pub body: Vec<u8>,
    /// Whether the body went on.
    pub too_large: bool,
}

/// Sends one request and reads its answer up to [`MOST`].
///
/// # Errors
/// The transport failed; [`crate::failure`] knows what that means.
pub(crate) async fn exchange(request: RequestBuilder) -> reqwest::Result<Reply> {
    let mut response = request.send().await?;
    let (body, too_large) = read(&mut response).await?;
    Ok(Reply { body, too_large, ..head_of(&response) })
}

/// Sends one request and reads nothing of its answer but the head.
///
/// # Errors
/// As [`exchange`].
pub(crate) async fn head(request: RequestBuilder) -> reqwest::Result<Reply> {
    Ok(head_of(&request.send().await?))
}

fn head_of(response: &Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, body: Vec::new(), too_large: false }
}

async fn read(response: &mut Response) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::with_capacity(8 * 1024);
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST {
            body.extend_from_slice(&chunk[..MOST - body.len()]);
            return Ok((body, true));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, false))
}
