//! Man pages and shell completions of a program, written when a package of it is made.

use std::path::Path;
use std::process::ExitCode;

use clap_complete::Shell;

/// `PROGRAM manual FOLDER` writes a page for the program and one for each of its commands, and a file for
/// bash, zsh and fish. It is no command of the program itself, so that nothing tells people of it.
///
/// `None`: the program was started for something else.
#[must_use]
pub fn asked(program: clap::Command) -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments.next().is_some_and(|first| first == "manual");
    let folder = arguments.next().filter(|_| asked)?;
    let written = write(program, Path::new(&folder));
    Some(written.map_or_else(
        |error| {
            eprintln!("{}: {error}", folder.display());
            ExitCode::from(2)
        },
        |()| ExitCode::SUCCESS,
    ))
}

fn write(program: clap::Command, folder: &Path) -> std::io::Result<()> {
    let mut program = program.disable_help_subcommand(true);
    let name = program.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut program, &name, folder)?;
    }
    clap_mangen::generate_to(program, folder)
}
