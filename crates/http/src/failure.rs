//! What lies at the bottom of a failed exchange.

use std::error::Error;

/// The innermost reason: the layers above it only repeat that something failed.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The first error of this type in the chain. An I/O error hides what it wraps from the chain.
pub fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let wrapped = |error: &'a (dyn Error + 'static)| {
        let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
        find::<E>(inner as &(dyn Error + 'static))
    };
    error.downcast_ref::<E>().or_else(|| wrapped(error)).or_else(|| find(error.source()?))
}
