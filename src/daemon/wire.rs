//! What the daemon and its converting processes say to each other.
//!
//! In: messages. Out: frames, each a length (8 bytes, least first) and so many bytes, JSON but for the document itself.
//! The daemon sends a [`Setup`] once and then, per document, a [`Question`] and the bytes; the process sends a
//! [`Greeting`] once and then a [`Reply`] per document. What can go wrong: the other side ends in the midst.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::config::CatalogTexts;
use crate::error::{Bilingual, Error, ErrorKind};
use crate::limits::Limits;
use crate::pipeline::Hints;
use crate::reconcile::RuleLevels;
use crate::record::{Container, Message, Record};

/// Bytes of a length.
pub(super) const LENGTH_BYTES: usize = 8;

/// What holds for every document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) texts: CatalogTexts,
    pub(super) limits: Limits,
}

/// A process is ready.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Greeting {
    /// What keeps it from files and networks.
    pub(super) sandbox: Vec<String>,
}

/// One document; its bytes are the next frame.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    name: String,
    path: String,
    inbox: Option<String>,
    container: Option<Container>,
    pipeline: Option<String>,
    levels: RuleLevels,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Record(Box<Record>),
    Refused {
        code: String,
        place: Option<String>,
        detail: Message,
    },
    /// It is a bundle: so many frames follow, an [`EntryAnswer`] each, and after some of them the entry's bytes.
    Bundle {
        entries: usize,
    },
    /// It is a symbolic link in a bundle, which is never followed.
    Link,
}

/// How long a conversion took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Time {
    /// Milliseconds by the clock.
    pub(super) wall_ms: u64,
    /// Milliseconds of a processor.
    pub(super) cpu_ms: u64,
}

/// An answer and what it took.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) time: Time,
    pub(super) answer: Answer,
}

/// What came of an entry of a bundle.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntryAnswer {
    /// Path in the bundle.
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: Option<String>,
    pub(super) time: Time,
    /// The entry's bytes are the next frame, because nothing came of them.
    pub(super) bytes_follow: bool,
    /// These bytes, once they are read.
    #[serde(skip)]
    pub(super) kept: Option<Vec<u8>>,
    pub(super) answer: Answer,
}

impl From<Hints> for Question {
    fn from(hints: Hints) -> Self {
        let Hints { name, path, inbox, container, pipeline, levels } = hints;
        Self { name, path, inbox, container, pipeline, levels }
    }
}

impl From<Question> for Hints {
    fn from(question: Question) -> Self {
        let Question { name, path, inbox, container, pipeline, levels } = question;
        Self { name, path, inbox, container, pipeline, levels }
    }
}

impl From<Result<Record, Error>> for Answer {
    fn from(outcome: Result<Record, Error>) -> Self {
        match outcome {
            Ok(record) => Self::Record(Box::new(record)),
            Err(error) => Self::Refused {
                code: error.code().to_owned(),
                place: error.place().map(str::to_owned),
                detail: error.detail().clone().into(),
            },
        }
    }
}

impl From<Answer> for Result<Box<Record>, Error> {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Record(record) => Ok(record),
            Answer::Bundle { .. } => {
                Err(Error::new(ErrorKind::Archive, ("压缩包中的压缩包", "an archive within an archive")))
            }
            Answer::Link => Err(Error::new(ErrorKind::UnsupportedFormat, ("符号链接", "a symbolic link"))),
            Answer::Refused { code, place, detail } => {
                // Both sides are the same program; a code that is none of its own is a fault of its own.
                let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == code).unwrap_or(ErrorKind::Internal);
                let error = Error::new(kind, Bilingual { zh: detail.zh, en: detail.en });
                Err(match place {
                    Some(place) => error.at(place),
                    None => error,
                })
            }
        }
    }
}

/// A frame's beginning.
pub(super) fn length_of(bytes: usize) -> [u8; LENGTH_BYTES] {
    (bytes as u64).to_le_bytes()
}

/// Writes one frame.
pub(super) fn write_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&length_of(bytes.len()))?;
    to.write_all(bytes)?;
    to.flush()
}

/// Reads one frame; `None` when the other side has ended in order.
pub(super) fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; LENGTH_BYTES];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(Some(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_back_as_they_were() {
        for kind in ErrorKind::ALL {
            let error = Error::new(kind, ("细节", "detail")).at("part");
            let text = serde_json::to_string(&Answer::from(Err(error.clone()))).unwrap();
            let answer: Answer = serde_json::from_str(&text).unwrap();
            assert_eq!(Result::from(answer).unwrap_err(), error);
        }
    }

    #[test]
    fn frames_come_back_as_they_were() {
        let mut bytes = Vec::new();
        for frame in [&b""[..], b"abc", &[7; 100_000]] {
            write_frame(&mut bytes, frame).unwrap();
        }
        let mut from = &bytes[..];
        let lengths: Vec<usize> =
            std::iter::from_fn(|| read_frame(&mut from).unwrap()).map(|frame| frame.len()).collect();
        assert_eq!(lengths, [0, 3, 100_000]);
        let mut cut = &bytes[..40];
        assert!((0..3).any(|_| read_frame(&mut cut).is_err()));
    }
}
