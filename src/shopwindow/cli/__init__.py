"""The `shopwindow` command: one file per family of commands, thin; the work is done by the stages.

Commands import what they need inside, so that `--help` is quick and serving never loads torch.
"""

import sys

import typer

from shopwindow import __version__
from shopwindow.cli import (
    data,
    demo,
    evaluate,
    explain,
    quality,
    release,
    serve,
    simulate,
    train,
    tune,
    validate,
    weights,
)
from shopwindow.errors import ShopwindowError

app = typer.Typer(
    name="shopwindow",
    help="Personalised ranking for a shop: from its files to a page that changes with the next click.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shopwindow {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True)) -> None:
    pass


for family in (
    data,
    validate,
    quality,
    simulate,
    tune,
    train,
    evaluate,
    weights,
    release,
    serve,
    explain,
    demo,
):
    family.register(app)


def main() -> None:
    """Run the command; our own errors and the file system's are one line on stderr and exit code 2, no traceback."""
    try:
        app()
    except (ShopwindowError, OSError) as error:
        typer.secho(f"shopwindow: {error}", fg=typer.colors.RED, err=True)
        sys.exit(2)
