"""The commands of the page: watch a scenario in the browser, or write what is to be watched into one file.

Layer: experiments.  Only click is imported at the top: whatever else a command needs, it imports itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from experiments.commands.shared import SEED_MAX, SET, load_scenario, plan_in_words, refusing
from languages.speaking import say

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = "junmen_2012"
PORT = 8765


@click.command()
@click.argument("scenario", default=FIRST)
@click.option("--against", metavar="PLAN", help="A plan beside it on the same incidents: a scenario, or SCENARIO --set "
              "PATH=VALUE … in quotes.")  # fmt: skip
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True,
              help="Where it listens; if it is taken, the next one that is free.")  # fmt: skip
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
def demo(scenario: str, against: str | None, port: int, no_open: bool) -> None:
    """Watch a scenario in the browser: the map, the numbers, the file of each case.

    SCENARIO is a scenario of the library or the path of a TOML file. All that is shown comes from this machine; no
    other one can see it. Ctrl-C ends it.

    \b
    Examples:
      python run_experiment.py demo
      python run_experiment.py demo changning_2005q4 --no-open
      python run_experiment.py demo junmen_2012 --against "junmen_2012 --set rules.escalation=direct"
    """  # noqa: D301
    load_scenario(scenario, ())  # what is wrong with it, or was derived, is said before anything starts
    beside = plan_in_words(against, "--against") if against is not None else None
    if beside:
        load_scenario(*beside)
    with refusing():
        import webbrowser
        from datetime import date

        from experiments.page.runs import Asked, wanted
        from experiments.page.server import application, listen, scenarios_of_library, server_of
        from scenarios.loading import parse_override

        wanted(Asked(scenario, {}, 0))
        scenarios = scenarios_of_library()
        for name in (scenario, *(beside or ())[:1]):
            scenarios |= {_name_of(name, scenarios): name}
        first: dict[str, Any] = {"scenario": _name_of(scenario, scenarios)}
        if beside:
            overrides = dict(map(parse_override, beside[1]))
            wanted(Asked(beside[0], overrides, 0))
            # as a page can send it back: a date is a text
            sent = {path: str(value) if isinstance(value, date) else value for path, value in overrides.items()}
            first["against"] = {"scenario": _name_of(beside[0], scenarios), "overrides": sent}
        listening = listen(port)
        with listening:
            at = listening.getsockname()[1]
            server = server_of(application(scenarios, first, at))
            if at != port:
                click.echo(say("port {port} is taken; {other} is used", port=port, other=at), err=True)
            address = f"http://127.0.0.1:{at}/"
            try:
                click.echo(say("Watch at {address}; Ctrl-C ends it.", address=address))
                if not no_open:
                    webbrowser.open(address)
                server.run([listening])
            except KeyboardInterrupt:
                click.echo(say("ended"), err=True)


def _name_of(scenario: str, known: Mapping[str, str]) -> str:
    """What the page calls it: the name of one of the library, or that of its file, with a number if it is taken."""
    if known.get(scenario) == scenario:
        return scenario
    file = name = Path(scenario).name
    number = 1
    while known.get(name, scenario) != scenario:
        number += 1
        name = f"{file} ({number})"
    return name


@click.command()
@click.argument("scenario", metavar="SCENARIO|DIR")
@click.option("--out", type=click.Path(), metavar="FILE.html", required=True, help="The file to write.")
@click.option("--against", metavar="PLAN", help="A plan beside it, as with `demo`.")
@SET
@click.option("--seed", type=click.IntRange(0, SEED_MAX), help="Default: 1.")
def replay(scenario: str, against: str | None, out: str, overrides: tuple[str, ...], seed: int | None) -> None:
    """Write one HTML file that plays a run, without server or network.

    SCENARIO is a scenario of the library or the path of a TOML file; DIR a folder that `run --out` wrote.

    \b
    Examples:
      python run_experiment.py replay junmen_2012 --out junmen.html
      python run_experiment.py replay junmen_2012 --against junmen_pooled --out pooled.html
      python run_experiment.py replay changning_2005q4 --set period.days=30 --out changning.html
    """  # noqa: D301
    with refusing():
        from experiments.page.replay import asked_of, write_replay
        from experiments.page.runs import Asked
        from scenarios.loading import parse_override

        asked = asked_of(scenario, dict(map(parse_override, overrides)), seed)
        beside = None
        if against is not None:
            name, words = plan_in_words(against, "--against")
            beside = Asked(name, dict(map(parse_override, words)), asked.seed)
        written = write_replay(asked, Path(out), beside)
    click.echo(say("Written to {out}: {megabytes:.1f} MB; open it with any browser.", out=out,
                   megabytes=written / 1e6))  # fmt: skip


PAGE_COMMANDS = (demo, replay)
