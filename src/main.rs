//! Entry point: parse the arguments, hand over, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hedui::cli::main(std::env::args_os()).into()
}
