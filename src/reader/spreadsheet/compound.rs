//! Compound files: one stream out of the file system that BIFF workbooks live in.
//!
//! In: the bytes of a compound file. Out: the bytes of a stream by its name. Wrong: anything that does not hold together
//! gives nothing; chains that run in circles are cut at the number of sectors there are.
//!
//! Follows [MS-CFB] 2.2 to 2.6.

const END_OF_CHAIN: u32 = 0xFFFF_FFFA;
const ENTRY_BYTES: usize = 128;
/// Sector numbers that the header itself holds.
const HEADER_DIFAT: usize = 109;

/// The stream with one of these names.
pub(super) fn stream(bytes: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let file = CompoundFile::open(bytes)?;
    let directory = file.chain(u32_at(bytes, 0x30)?, usize::MAX)?;
    let entries: Vec<&[u8]> = directory.chunks_exact(ENTRY_BYTES).collect();
    let found = names.iter().find_map(|name| entries.iter().find(|entry| is_named(entry, name)))?;
    let (start, size) = (u32_at(found, 0x74)?, u32_at(found, 0x78)? as usize);
    if size >= u32_at(bytes, 0x38)? as usize {
        let mut stream = file.chain(start, size)?;
        stream.truncate(size);
        return Some(stream);
    }
    let root = entries.first()?;
    let mini = file.chain(u32_at(root, 0x74)?, u32_at(root, 0x78)? as usize)?;
    let table = file.chain(u32_at(bytes, 0x3C)?, usize::MAX)?;
    let mini_size = 1_usize.checked_shl(u32::from(u16_at(bytes, 0x20)?))?;
    let mut stream = Vec::new();
    let mut sector = start;
    for _ in 0..=table.len() / 4 {
        if sector >= END_OF_CHAIN || stream.len() >= size {
            break;
        }
        let from = (sector as usize).checked_mul(mini_size)?;
        stream.extend_from_slice(mini.get(from..from.checked_add(mini_size)?)?);
        sector = u32_at(&table, sector as usize * 4)?;
    }
    stream.truncate(size);
    Some(stream)
}

struct CompoundFile<'a> {
    bytes: &'a [u8],
    sector_size: usize,
    /// Per sector the next one of its chain.
    next: Vec<u32>,
}

impl<'a> CompoundFile<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let shift = u32::from(u16_at(bytes, 0x1E)?);
        let sector_size = 1_usize.checked_shl(shift).filter(|size| (512..=4096).contains(size))?;
        let mut file = Self { bytes, sector_size, next: Vec::new() };
        let mut tables: Vec<u32> = (0..HEADER_DIFAT).filter_map(|index| u32_at(bytes, 0x4C + index * 4)).collect();
        let mut more = u32_at(bytes, 0x44)?;
        for _ in 0..bytes.len() / sector_size {
            if more >= END_OF_CHAIN {
                break;
            }
            let Some(sector) = file.sector(more) else { break };
            let count = sector_size / 4 - 1;
            tables.extend((0..count).filter_map(|index| u32_at(sector, index * 4)));
            more = u32_at(sector, count * 4)?;
        }
        let tables: Vec<&[u8]> = tables
            .into_iter()
            .filter(|sector| *sector < END_OF_CHAIN)
            .filter_map(|sector| file.sector(sector))
            .collect();
        file.next = tables.iter().flat_map(|table| table.chunks_exact(4)).filter_map(|next| u32_at(next, 0)).collect();
        Some(file)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let from = (number as usize).checked_add(1)?.checked_mul(self.sector_size)?;
        // The last sector of a file is often short.
        let end = from.checked_add(self.sector_size)?.min(self.bytes.len());
        self.bytes.get(from..end)
    }

    /// The sectors of a chain, at least `wanted` bytes if there are so many.
    fn chain(&self, start: u32, wanted: usize) -> Option<Vec<u8>> {
        let mut data = Vec::new();
        let mut sector = start;
        for _ in 0..=self.next.len() {
            if sector >= END_OF_CHAIN || data.len() >= wanted {
                break;
            }
            let Some(bytes) = self.sector(sector) else { break };
            data.extend_from_slice(bytes);
            let Some(next) = self.next.get(sector as usize) else { break };
            sector = *next;
        }
        Some(data)
    }
}

fn is_named(entry: &[u8], name: &str) -> bool {
    let Some(field) = entry.get(..64) else { return false };
    let mut units = field
        .chunks_exact(2)
        .map(|unit| u16::from_le_bytes([unit.first().copied().unwrap_or(0), unit.last().copied().unwrap_or(0)]));
    let same = name.encode_utf16().all(|wanted| units.next().is_some_and(|unit| unit == wanted));
    same && units.next() == Some(0)
}

/// Two bytes, little endian.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

/// Four bytes, little endian.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_give_nothing() {
        assert_eq!(stream(&[0xD0, 0xCF, 0x11, 0xE0], &["Workbook"]), None);
        assert_eq!(stream(&[0xFF; 2048], &["Workbook"]), None);
        assert_eq!(stream(&[0; 2048], &["Workbook"]), None);
    }
}
