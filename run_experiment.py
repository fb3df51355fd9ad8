"""The command line: gathers the commands, and sees that it ends quietly.

They stand in `experiments/commands/` and `calibration/commands.py`. Only click is imported at the top: whatever else a
command needs, it imports itself.
"""

from __future__ import annotations

import os
import sys

import click

from calibration.commands import CALIBRATION_COMMANDS
from experiments.commands.economics import ECONOMICS_COMMANDS
from experiments.commands.encoding import tolerate_any_encoding
from experiments.commands.page import PAGE_COMMANDS
from experiments.commands.runs import RUN_COMMANDS
from experiments.commands.shared import INTERRUPTED
from experiments.commands.sizing import SIZING_COMMANDS
from experiments.commands.studies import STUDY_COMMANDS
from languages.asking import speak_to, take_language


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """Agent-based simulation of urban grid governance: Dongcheng, Changning, Junmen and your own place.

    \b
    Examples:
      python run_experiment.py list
      python run_experiment.py show junmen_2012
      python run_experiment.py run junmen_2012
      python run_experiment.py run changning_2005q4 --set supervisors.count=200 --out results/200
      python run_experiment.py compare junmen_2012 "junmen_2012 --set rules.escalation=direct"
      python run_experiment.py sweep junmen_grids --out results/junmen
    """  # noqa: D301


for command in (
    *RUN_COMMANDS, *PAGE_COMMANDS, *STUDY_COMMANDS, *SIZING_COMMANDS, *ECONOMICS_COMMANDS, *CALIBRATION_COMMANDS,
):  # fmt: skip
    cli.add_command(command)
take_language(cli)


def main() -> None:
    """The command line, with quiet ends: no traceback for Ctrl-C, a narrow encoding, or a reader that has gone."""
    tolerate_any_encoding()
    speak_to(cli, sys.argv[1:])
    try:
        sys.exit(cli.main(prog_name="run_experiment.py", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(" ".join(error.format_message().split()), err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
