"""The command that lets a whole event happen, to see what becomes of it."""

import json

import click

from lsos.simulation.story import simulate as let_it_happen


@click.command()
@click.option("--people", type=click.IntRange(12, 5000), default=1200, show_default=True, help="So many register.")
@click.option("--tables", type=click.IntRange(1, 1000), help="So many tables; without it, one for twelve people.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same figures.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def simulate(people: int, tables: int | None, seed: int, *, as_json: bool) -> None:
    """Let a whole two-day event happen on a database that is thrown away, and print what became of it.

    After each act it is looked whether anything came to be that must never be; where it did, the command ends with it.
    """
    made = let_it_happen(people, seed=seed, tables=tables, tell=lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps({"figures": made.figures, "done": made.done, "refused": made.refused}, indent=2))
        return
    for name, value in made.figures.items():
        click.echo(f"{value!s:>8}  {name}" if isinstance(value, int | float) else f"          {name}: {value}")
    click.echo()
    for name, number in sorted(made.done.items()):
        click.echo(f"{number:8}  {name}")
    click.echo()
    for sentence, number in sorted(made.refused.items(), key=lambda each: -each[1]):
        click.echo(f"{number:8}  refused: {sentence}")
    click.echo()
    click.echo(f"Nothing that must never be came to be in {made.checks} checks; {made.seconds:.0f} seconds.")
