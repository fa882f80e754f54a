"""`shopwindow init` and `shopwindow import`: a shop, and its files."""

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from shopwindow.cli.mapping_options import stated_mapping
from shopwindow.config import ShopDirectory
from shopwindow.errors import ConfigError
from shopwindow.ingest.public_names import listing

if TYPE_CHECKING:
    from rich.console import Console

    from shopwindow.ingest.engine import Opening, Resources
    from shopwindow.ingest.importer import ImportReport
    from shopwindow.ingest.source import Source

SHOP = typer.Option(Path(), "--shop", help="The shop's directory.")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("init")(init)
    app.command("import")(import_files)


def init(
    shop: Path = SHOP,
    name: str = typer.Option("", "--name", help="The shop's name; the directory's name unless given."),
    time_zone: str = typer.Option("UTC", "--time-zone", help="Of times without a zone, e.g. Europe/Berlin."),
) -> None:
    """Make a shop: a directory with a shop.toml to adapt.

    Example: shopwindow init --shop my-shop --time-zone Europe/Berlin
    """
    from shopwindow.durable import write_durably
    from shopwindow.schema.shop import ShopConfig, read_shop, shop_toml

    config = ShopDirectory(shop).config
    if config.exists():
        raise ConfigError(f"{config}: expected no shop here, came one; edit it, or choose another --shop")
    if shop.exists() and not shop.is_dir():
        raise ConfigError(
            f"{shop}: expected a directory to make the shop in, came a file; choose another --shop"
        )
    text = shop_toml(ShopConfig(name=name or shop.resolve().name or "shop", time_zone=time_zone))
    shop.mkdir(parents=True, exist_ok=True)
    write_durably(config, text.encode())
    try:
        read_shop(config)
    except Exception:
        config.unlink()  # a wrong --time-zone leaves nothing behind
        raise
    typer.echo(f"made {config}: look through its surfaces, actions and markets, then\n")
    typer.echo(f"  shopwindow import --shop {shop} YOUR-EVENTS.csv")


def import_files(
    files: list[Path] = typer.Argument(None, help="CSV, TSV, Parquet or JSON lines; plain, .gz or .zst."),
    shop: Path = SHOP,
    table: str = typer.Option("actions", help="actions, items, customers, pages or impressions."),
    maps: list[str] = typer.Option(
        [], "--map", help="FIELD=COLUMN, e.g. item=product_id; repeat it. --check shows the fields."
    ),
    sets: list[str] = typer.Option([], "--set", help="FIELD=VALUE for every row, e.g. action=click."),
    values: list[str] = typer.Option(
        [], "--value", help="FIELD:THEIRS=OURS, e.g. action:pv=click; OURS - drops."
    ),
    names: str = typer.Option("", help="Columns of a file without a header: user,item,behaviour,stamp."),
    written: str = typer.Option("", "--time", help="s, ms, us, iso, order, or a pattern such as %d.%m.%Y."),
    year: int | None = typer.Option(None, help="The year, where dates have none."),
    delimiter: str = typer.Option("", help="Between columns; guessed unless given. \\t is a tab."),
    encoding: str = typer.Option("utf-8", help="utf-8, latin-1 or utf-16."),
    form: str = typer.Option("", help="csv, jsonl, parquet or sequences, where the name does not say."),
    mapping: Path | None = typer.Option(None, help="A TOML file with all of the above, one part per table."),
    check: bool = typer.Option(False, "--check", help="Only show how the file would be read."),
    public: str = typer.Option(
        "",
        help="\n\n".join(
            [
                "Import a public data set by name instead of files, into a new directory: it brings its own shop.toml.",
                *listing().splitlines(),
            ]
        ),
    ),
    data: Path | None = typer.Option(None, help="With --public: the folder that holds the sets."),
    engine: str = typer.Option("duckdb", help="duckdb, or spark (needs PySpark and Java): the same tables."),
    memory: int | None = typer.Option(
        None, min=16, help="MiB for the engine; a quarter of the machine's, at most 2560."
    ),
) -> None:
    """Import files into a shop. What can be guessed is guessed, and shown; what is wrong is set aside, and counted.

    Example: shopwindow import --shop my-shop events.csv.gz

    Example: shopwindow import --shop my-shop log.csv --names user,item,what,at --map action=what --value action:pv=click

    Example: shopwindow import --shop my-shop --table items products.jsonl

    Example: shopwindow import --shop my-shop --engine spark --memory 8192 events.csv

    Example: shopwindow import --shop taobao --public taobao-slice --data data
    """
    from shopwindow.ingest.engine import Resources
    from shopwindow.ingest.source import Source, merged, read_mapping

    if bool(files) == bool(public):
        raise ConfigError(
            "expected files to import, or --public NAME, and not both; see `shopwindow import --help`"
        )
    if public:
        if check or maps or sets or values or mapping is not None:
            raise ConfigError(
                "--public brings its own mapping: leave out --check, --map, --set, --value and --mapping"
            )
        _import_public(public, data, ShopDirectory(shop))
        return
    stated = replace(
        stated_mapping(maps, sets, values, names),
        form=form or None,
        delimiter=delimiter.replace("\\t", "\t") or None,
        encoding=encoding,
        time=written or None,
        year=year,
    )
    if mapping is not None:
        stated = merged(stated, read_mapping(mapping, table))
    sources = [Source(path, table, stated) for path in files]
    if check:
        _show_plans(ShopDirectory(shop), sources)
        return
    _import_each(ShopDirectory(shop), sources, _opening(engine), Resources(memory_mib=memory))


def _opening(engine: str) -> "Opening":
    match engine:
        case "duckdb":
            from shopwindow.ingest.engine import duck_engine

            return duck_engine
        case "spark":
            try:
                from shopwindow.ingest.spark import spark_engine
            except ImportError as error:
                raise ConfigError(
                    f"--engine spark: expected PySpark, came '{error}'; "
                    "pip install 'shopwindow[spark]', or leave --engine out"
                ) from error
            return spark_engine
        case other:
            raise ConfigError(f"--engine: expected duckdb or spark, came '{other}'")


def _show_plans(shop_dir: ShopDirectory, sources: list["Source"]) -> None:
    from rich.console import Console

    from shopwindow.ingest.plan import plan_of
    from shopwindow.schema.shop import read_shop

    config = read_shop(shop_dir.config)
    for source in sources:
        _show_plan(Console(), source.path, plan_of(source, config).lines())


def _import_each(
    shop_dir: ShopDirectory, sources: list["Source"], opening: "Opening", resources: "Resources"
) -> None:
    from rich.console import Console
    from rich.markup import escape

    from shopwindow.ingest.importer import import_file
    from shopwindow.schema.shop import read_shop

    console = Console()
    config = read_shop(shop_dir.config)
    for source in sources:
        path, began = source.path, time.monotonic()
        with console.status(f"importing {escape(path.name)}") as status:
            report = import_file(
                shop_dir, config, source, on_step=status.update, resources=resources, opening=opening
            )
        _show_plan(console, path, report.plan.lines())
        _show(console, report, time.monotonic() - began)
    _point_to_quality(console, shop_dir)


def _import_public(name: str, data: Path | None, shop_dir: ShopDirectory) -> None:
    from rich.console import Console

    from shopwindow.ingest.public import PUBLIC, Opening

    if name not in PUBLIC:
        raise ConfigError(f"expected one of the public sets below, came '{name}'\n\n{listing()}")
    if data is None:
        raise ConfigError(
            f"--public {name}: expected --data FOLDER, the folder that holds the data sets, came none"
        )
    console = Console()
    began = time.monotonic()
    with console.status(f"importing {name}") as status:
        opening = Opening(
            data,
            shop_dir,
            on_step=status.update,
            on_report=lambda report: _show(console, report, time.monotonic() - began),
        )
        PUBLIC[name](opening)
    _point_to_quality(console, shop_dir)


def _point_to_quality(console: "Console", shop_dir: ShopDirectory) -> None:
    console.print(
        f"is it good data? shopwindow quality --shop {shop_dir.root}",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _show_plan(console: "Console", path: Path, lines: list[tuple[str, str, str]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"how {escape(path.name)} is read", title_justify="left")
    for heading in ("field", "from", "note"):
        table.add_column(heading)
    for line in lines:
        table.add_row(*(escape(cell) for cell in line))
    console.print(table)


def _show(console: "Console", report: "ImportReport", seconds: float) -> None:
    from rich.markup import escape
    from rich.table import Table

    if report.already:
        console.print(
            f"{escape(report.source.name)} was imported before, read the same way: nothing changed "
            f"({report.imported:,} rows then)"
        )
        return
    table = Table(
        title=f"{escape(report.source.name)} → {report.table}", title_justify="left", show_header=False
    )
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_column("note")
    speed = f"{report.rows / seconds:,.0f} rows/s" if seconds else ""
    table.add_row("rows", f"{report.rows:,}", speed)
    table.add_row("imported", f"{report.imported:,}", "")
    if report.duplicates:
        table.add_row("already there", f"{report.duplicates:,}", "")
    if report.skipped:
        table.add_row("dropped on purpose", f"{report.skipped:,}", "by the mapping")
    if report.rejected:
        table.add_row("[red]set aside[/red]", f"{report.rejected:,}", escape(str(report.rejects)))
    for reason in report.reasons[:5]:
        what = f"{reason.field}: " if reason.field else ""
        came = f"came {reason.came[:60]!r}" if reason.came else "see the file"
        note = f"{what}expected {reason.expected}; {came} on line {reason.first_line}"
        table.add_row("", f"{reason.count:,}", escape(note))
    table.add_row("new items, customers", f"{report.new_items:,}, {report.new_customers:,}", "")
    if report.plan.unused:
        table.add_row("unused columns", str(len(report.plan.unused)), escape(", ".join(report.plan.unused)))
    console.print(table)
