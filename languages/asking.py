"""A command line in the language of whoever asks: `--lang`, help as wide as it looks, click's own words.

Layer: languages.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import click

from languages.speaking import LANGUAGES, marked, say, speak, spoken, wished

OPTION = "--lang"
TYPES = (
    marked("integer"), marked("integer range"), marked("float"), marked("float range"), marked("text"),
    marked("choice"), marked("boolean"), marked("path"), marked("yuan"), marked("required"),
)  # fmt: skip
"""What click calls the kinds of values, in help and where it refuses one, and those that must be given."""


def language_of(arguments: Sequence[str]) -> str:
    """The language that a command line asks for, the last time it does; if it does not, that of the environment."""
    asked = ""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if before == OPTION and argument in LANGUAGES:
            asked = argument
        elif argument.removeprefix(f"{OPTION}=") in LANGUAGES and argument.startswith(f"{OPTION}="):
            asked = argument.removeprefix(f"{OPTION}=")
    return asked or wished()


def take_language(cli: click.Group) -> None:
    """Let a group and its commands take `--lang`."""
    for command in (cli, *cli.commands.values()):
        command.params.append(
            click.Option(
                [OPTION],
                type=click.Choice(list(LANGUAGES)),
                expose_value=False,
                help="Language of all that is shown; default: the environment's.",
            )
        )
        command.context_class = SpeakingContext


def speak_to(cli: click.Group, arguments: Sequence[str]) -> None:
    """Say the help of a group and its commands, and all else, in the language that is asked for."""
    speak(language_of(arguments))
    for command in (cli, *cli.commands.values()):
        command.help = say(inspect.cleandoc(command.help or ""))
        for parameter in command.params:
            name = getattr(type(parameter.type), "name", "path")  # of the class: its own may be translated
            if name in TYPES:
                parameter.type.name = say(name)
            if isinstance(parameter, click.Option) and parameter.help:
                parameter.help = say(parameter.help)


class SpeakingContext(click.Context):
    """A context whose help is laid out for the language that is spoken."""

    def make_formatter(self) -> click.HelpFormatter:
        """Click's own formatter for English, one that measures for all else."""
        if spoken() == "en":
            return super().make_formatter()
        from languages.wrapping import WideFormatter

        return WideFormatter(width=self.terminal_width, max_width=self.max_content_width)
