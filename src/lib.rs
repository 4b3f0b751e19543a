//! hedui (核对): reads Chinese budget-performance reports, writes canonical JSON records and says where figures disagree.
//!
//! The conversion itself is one pure function, [`pipeline::convert`]; around it stand the daemon, the sinks and the
//! command line. ARCHITECTURE.md draws the map; a module imports only from modules below its own line there.

pub mod across;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod document;
pub mod error;
pub mod extract;
pub mod limits;
pub mod normalize;
pub mod pipeline;
pub mod reader;
pub mod reconcile;
pub mod record;
pub mod sink;
pub mod vocabulary;
