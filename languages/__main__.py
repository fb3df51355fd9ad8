"""Bring the catalogues up to what is said now, and compile them: `python -m languages`.

Layer: languages.  What is new waits for its translation; `--missing` lists it as JSON, `--take FILE` takes translations
from such a list.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from languages.collecting import collected
from languages.speaking import CATALOGUES, DOMAIN, ENGLISH, LANGUAGES


def file_of(language: str) -> Path:
    """The catalogue of a language, as people edit it."""
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def catalogue_of(language: str) -> Catalog:
    """A catalogue as it stands in its file; an empty one if there is none."""
    file = file_of(language)
    if not file.is_file():
        return Catalog(locale=language, domain=DOMAIN)
    with file.open(encoding="utf-8") as opened:
        return read_po(opened, locale=language, domain=DOMAIN)


def missing(catalogue: Catalog) -> list[Any]:
    """What has no translation, or one that has become doubtful."""
    return [message.id for message in catalogue if message.id and (message.fuzzy or not all(_forms(message)))]


def _forms(message: Message) -> list[Any]:
    """The translations of a message: one, or one for each form of the plural."""
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string]


@click.command()
@click.option("--missing", "only_list", is_flag=True, help="List as JSON what has no translation; change nothing.")
@click.option("--take", type=click.Path(exists=True), help="Take translations from such a list: an object of JSON.")
@click.argument("language", type=click.Choice([name for name in LANGUAGES if name != ENGLISH]), default="zh")
def main(only_list: bool, take: str | None, language: str) -> None:
    """Bring a catalogue up to date with what is said, and compile it."""
    catalogue = catalogue_of(language)
    catalogue.update(collected(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    if take:
        for text, translation in json.loads(Path(take).read_text(encoding="utf-8")).items():
            if text in catalogue:
                entry = catalogue[text]
                entry.string = (translation,) if entry.pluralizable else translation
                entry.flags.discard("fuzzy")
    if only_list:
        click.echo(json.dumps([text if isinstance(text, str) else list(text) for text in missing(catalogue)],
                              ensure_ascii=False, indent=1))  # fmt: skip
        return
    file = file_of(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        write_po(opened, catalogue, width=120, sort_by_file=True, omit_header=False, include_lineno=False)
    with file.with_suffix(".mo").open("wb") as opened:
        write_mo(opened, catalogue)
    click.echo(f"{file.name}: {len(catalogue)} messages, {len(missing(catalogue))} of them without a translation")


if __name__ == "__main__":
    main()
