//! Kill points: the places before and after every effect at which the kill matrix ends the process.
//!
//! Production code names its effects here, one line each: [`step`] around a step of a run, [`write()`] around a
//! single call that changes the disk. Both just do what they are given; only in a build with the feature `armed`
//! can the process end there, and such a build is never a release.
//!
//! [`Point`] enumerates them all. The names of the steps come from the step type itself by an exhaustive match,
//! so that a new effect does not compile before it has a point, and the matrix fails until a scenario passes it.

use std::future::Future;

#[cfg(feature = "armed")]
mod armed;
mod point;

pub use point::Point;

#[cfg(all(feature = "armed", not(debug_assertions)))]
compile_error!("kill points are for tests: a release build must not be able to end itself");

/// The side of an effect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Side {
    /// Nothing of it has happened.
    Before,
    /// It is done, and nobody has been told.
    After,
}

/// Does one step of a run between its two kill points.
pub async fn step<T>(at: impl Into<Point>, effect: impl Future<Output = T>) -> T {
    let at = at.into();
    pass(Side::Before, at);
    let done = effect.await;
    pass(Side::After, at);
    done
}

/// Makes one call that changes the disk between its two kill points.
pub fn write<T>(at: Point, effect: impl FnOnce() -> T) -> T {
    pass(Side::Before, at);
    let done = effect();
    pass(Side::After, at);
    done
}

#[cfg(feature = "armed")]
use armed::pass;

#[cfg(not(feature = "armed"))]
#[inline(always)]
fn pass(_: Side, _: Point) {}
