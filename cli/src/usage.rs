use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;

/// Shows help where it was asked for, else says in one line what is wrong with the command line.
pub(crate) fn report(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Nobody may be reading, which is no fault of the command line.
            let _ = error.print();
        }
        _ => {
            let _ = writeln!(io::stderr(), "{}; see --help", one_line(&error.to_string()));
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Joins the lines of a message up to the usage that follows it.
fn one_line(message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let mut joined = String::new();
    for line in lines {
        if !joined.is_empty() {
            let follows = joined.ends_with(':') || line.starts_with('[');
            joined.push_str(if follows { " " } else { "; " });
        }
        joined.push_str(line);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn message_is_one_line_without_the_usage() {
        let message = "error: unexpected argument '--lsten' found\n\n  tip: a similar argument exists: \
            '--listen'\n\nUsage: puregrpc serve --listen <ADDR>\n\nFor more information, try '--help'.\n";
        let expected = "error: unexpected argument '--lsten' found; tip: a similar argument exists: '--listen'";
        assert_eq!(one_line(message), expected);
    }

    #[test]
    fn lists_stay_with_what_they_belong_to() {
        let message = "error: invalid value 'x' for '--services <NAME>'\n  [possible values: hello, greeter]\n\n\
            For more information, try '--help'.\n";
        let expected = "error: invalid value 'x' for '--services <NAME>' [possible values: hello, greeter]";
        assert_eq!(one_line(message), expected);
        let message = "error: the following required arguments were not provided:\n  <NAME>\n\nUsage: x\n";
        assert_eq!(one_line(message), "error: the following required arguments were not provided: <NAME>");
    }
}
