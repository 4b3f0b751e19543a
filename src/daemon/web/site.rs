//! What every answer is made from: the ground, reading connections to the journal, and how much may be asked at a time.
//!
//! In: questions. Out: answers, each found on a thread that may block, in bounded time. What can go wrong: too much is
//! asked at a time, or the answer takes too long; then the question is given up.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::super::Ground;
use super::super::deliver::Parcel;
use super::super::gauges::Gauges;
use super::super::journal::{Brake, Reader};
use super::problem::{Problem, ProblemKind};
use crate::config::Web as Options;

/// Questions to the journal at the same time; more of them wait.
const QUESTIONS: usize = 4;
/// Uploads at the same time.
const UPLOADS: usize = 4;
/// Files that are sent at the same time.
const DOWNLOADS: usize = 8;
/// Pages that are kept up to date at the same time.
const STREAMS: usize = 32;
/// Reviews and exports that are made at the same time: each holds all of its records. They are questions too.
const REVIEWS: usize = 2;
/// Threads that may block: one for each of the above but the streams, and one to spare.
pub(super) const BLOCKING_THREADS: usize = QUESTIONS + UPLOADS + DOWNLOADS + 1;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// Shared by all requests.
#[derive(Debug, Clone)]
pub(super) struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gauges: Arc<Gauges>,
    options: RwLock<Option<Options>>,
    stage: RwLock<Option<Stage>>,
    readers: Mutex<Vec<Reader>>,
    questions: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    downloads: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    reviews: Arc<Semaphore>,
}

/// What is shown, and whom decisions go to.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub(super) ground: Arc<Ground>,
    /// Weak: delivery ends when nobody else can send to it.
    pub(super) parcels: mpsc::WeakSender<Parcel>,
}

/// What a request takes its turn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Upload,
    Download,
    Stream,
    /// A review or an export that is made.
    Review,
}

impl Site {
    pub(super) fn new(gauges: &Arc<Gauges>) -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self(Arc::new(Inner {
            gauges: Arc::clone(gauges),
            options: RwLock::default(),
            stage: RwLock::default(),
            readers: Mutex::default(),
            questions: places(QUESTIONS),
            uploads: places(UPLOADS),
            downloads: places(DOWNLOADS),
            streams: places(STREAMS),
            reviews: places(REVIEWS),
        }))
    }

    /// Who may ask, from now on.
    pub(super) fn guard_with(&self, options: &Options) {
        *self.0.options.write().unwrap_or_else(PoisonError::into_inner) = Some(options.clone());
    }

    /// Who may ask.
    pub(super) fn options(&self) -> Option<Options> {
        self.0.options.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn asks_for_token(&self) -> bool {
        self.options().is_none_or(|options| options.token.is_some())
    }

    pub(super) fn show(&self, ground: &Arc<Ground>, parcels: mpsc::WeakSender<Parcel>) {
        let stage = Stage { ground: Arc::clone(ground), parcels };
        *self.0.stage.write().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }

    /// What is shown now.
    pub(super) fn stage(&self) -> Result<Stage, Problem> {
        let stage = self.0.stage.read().unwrap_or_else(PoisonError::into_inner).clone();
        stage.ok_or_else(|| ProblemKind::NotReady.into())
    }

    pub(super) fn gauges(&self) -> &Gauges {
        &self.0.gauges
    }

    /// Asks the journal, and reads files, on a thread that may block.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Ground, &Reader) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let stage = self.stage()?;
        let place = take_turn(&self.0.questions).await?;
        let inner = Arc::clone(&self.0);
        let brake = Arc::new(Mutex::new(None::<Brake>));
        let handle = Arc::clone(&brake);
        let work = tokio::task::spawn_blocking(move || {
            let reader = inner.reader(&stage.ground)?;
            *handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.brake());
            let answer = question(&stage.ground, &reader);
            handle.lock().unwrap_or_else(PoisonError::into_inner).take();
            inner.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            drop(place);
            answer
        });
        match timeout(ANSWER, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ProblemKind::Internal.told("told.see_log")),
            Err(_) => {
                if let Some(brake) = brake.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
                    brake.pull();
                }
                Err(ProblemKind::Busy.told("told.slow"))
            }
        }
    }

    /// Waits for a place; it is free again when the permit is dropped.
    pub(super) async fn turn(&self, turn: Turn) -> Result<OwnedSemaphorePermit, Problem> {
        let places = match turn {
            Turn::Upload => &self.0.uploads,
            Turn::Download => &self.0.downloads,
            Turn::Stream => &self.0.streams,
            Turn::Review => &self.0.reviews,
        };
        take_turn(places).await
    }
}

impl Inner {
    /// A connection that nobody uses, or a new one.
    fn reader(&self, ground: &Ground) -> Result<Reader, Problem> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(reader) => Ok(reader),
            None => Ok(Reader::open(&ground.journal_path())?),
        }
    }
}

async fn take_turn(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    match timeout(TURN, Arc::clone(places).acquire_owned()).await {
        Ok(Ok(place)) => Ok(place),
        _ => Err(ProblemKind::Busy.told("told.crowded")),
    }
}
