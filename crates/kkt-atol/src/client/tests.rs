use super::*;

mod v2;
mod v3;
