//! Pages whose table cells were flattened to one paragraph each.
use crate::error::Result;
use crate::reader::collector::Collector;
/// Later.
pub(in crate::reader) fn rebuild(_: &mut Collector<'_>) -> Result<()> {
    Ok(())
}
