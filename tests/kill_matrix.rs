//! The kill matrix: the real binary dies at every kill point of every scenario, and whoever runs next brings the
//! work to the end that an undisturbed run would have had.

mod case;
mod deeds;
mod evidence;
mod matrix;
mod scenarios;
mod stage;
mod standing;

pub use matrix::{Extent, Matrix, NOT_PASSED};
