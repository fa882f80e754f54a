"""Charts as SVG text, all in one look, for `document.Chart`; Matplotlib draws and is loaded on first use."""

from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#2f6fde", "#d9662b", "#2a9d6f", "#8b5cc9", "#b8860b", "#c2417c", "#5f6b7a", "#1aa3b8")
SIZE_INCHES: Final = (5.2, 3.4)  # letters are still 9 pixels high where a phone shows a chart whole
MOST_INSIDE: Final = 4  # names in a legend before it goes below the axes
LEGEND_COLUMNS: Final = 3
SETTINGS: Final[Mapping[str, Any]] = {
    "svg.fonttype": "none",  # letters stay letters
    "svg.hashsalt": "shopwindow",  # equal charts are equal texts
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def lines(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    labels: tuple[str, str],
    *,
    log: str = "",
    dots: bool = False,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
) -> str:
    """Curves (name -> x, y) over one pair of axes; `labels` of x and y. log: the axes that are logarithmic, e.g. "xy".

    bands: name -> lower and upper edge of a shade around that curve.
    """

    def draw(axes: "Axes") -> None:
        for place, (name, (x, y)) in enumerate(curves.items()):
            axes.plot(
                x,
                y,
                label=name,
                color=COLOURS[place % len(COLOURS)],
                ls="-" if place < len(COLOURS) else "--",
                lw=1.8,
                marker="o" if dots else "",
                ms=4,
            )
            if bands and name in bands:
                axes.fill_between(x, *bands[name], color=COLOURS[place % len(COLOURS)], alpha=0.15, lw=0)
        _finish(axes, labels, log, legend=len(curves) > 1)

    return _drawn(draw)


def bars(
    groups: Mapping[str, Sequence[float]],
    names: Sequence[str],
    label: str,
    *,
    errors: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
) -> str:
    """Bars side by side: for each of `names` one bar per group. errors: group -> lengths below and above each bar."""

    def draw(axes: "Axes") -> None:
        width = 0.8 / max(1, len(groups))
        for place, (group, heights) in enumerate(groups.items()):
            at = [n + (place - (len(groups) - 1) / 2) * width for n in range(len(names))]
            error = None if errors is None else [list(each) for each in errors[group]]
            colour = COLOURS[place % len(COLOURS)]
            pale = 1 if place < len(COLOURS) else 0.5  # a colour that returns is told from the first
            axes.bar(
                at,
                heights,
                width * 0.92,
                label=group,
                color=colour,
                alpha=pale,
                yerr=error,
                ecolor="#5f6b7a",
            )
        crowded = sum(len(name) for name in names) > 44
        axes.set_xticks(
            range(len(names)), names, rotation=30 if crowded else 0, ha="right" if crowded else "center"
        )
        axes.grid(visible=False, axis="x")
        _finish(axes, ("", label), "", legend=len(groups) > 1)

    return _drawn(draw)


def points(
    clouds: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    labels: tuple[str, str],
    *,
    log: str = "",
    named: bool = False,
) -> str:
    """Clouds of points (name -> x, y). named: each cloud's name is written beside its first point, without a legend."""

    def draw(axes: "Axes") -> None:
        every = [each for x, _ in clouds.values() for each in x]
        middle = (min(every) + max(every)) / 2 if every else 0.0
        heights = sorted(y[0] for _, y in clouds.values() if len(y))
        for place, (name, (x, y)) in enumerate(clouds.items()):
            axes.scatter(x, y, s=22, label=name, color=COLOURS[place % len(COLOURS)], alpha=0.8)
            if named and len(x):
                up = (-11, 4)[heights.index(y[0]) % 2]  # neighbours' names one above the other
                side, along = ("right", -5) if x[0] > middle else ("left", 5)
                axes.annotate(
                    name, (x[0], y[0]), xytext=(along, up), ha=side, textcoords="offset points", fontsize=9
                )
        if named:
            axes.margins(0.12)  # room for the names
        _finish(axes, labels, log, legend=len(clouds) > 1 and not named)

    return _drawn(draw)


def heat(
    cells: Sequence[Sequence[float]], columns: Sequence[str], rows: Sequence[str], labels: tuple[str, str]
) -> str:
    """A grid of cells [rows, columns], the darker the more; `labels` of x and of what is counted.

    Long axes name every third column.
    """

    def draw(axes: "Axes") -> None:
        drawn = axes.imshow(cells, cmap="Blues", aspect="auto", vmin=0)
        step = 3 if len(columns) > 12 else 1
        axes.set_xticks(range(0, len(columns), step), columns[::step])
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlabel(labels[0])
        axes.grid(visible=False)
        axes.figure.colorbar(drawn, ax=axes, label=labels[1], format="{x:,g}")

    return _drawn(draw)


def _finish(axes: "Axes", labels: tuple[str, str], log: str, *, legend: bool) -> None:
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    if "x" in log:
        axes.set_xscale("log")
        _label_powers(axes.xaxis)
    if "y" in log:
        axes.set_yscale("log")
        _label_powers(axes.yaxis)
    if legend:
        _legend(axes)


def _legend(axes: "Axes") -> None:
    """Inside where there are few names; else below, on a figure that is higher by as many lines."""
    marks, names = axes.get_legend_handles_labels()
    if len(names) <= MOST_INSIDE:
        axes.legend(fontsize=9)
        return
    figure: Any = axes.figure
    width, height = SIZE_INCHES
    figure.set_size_inches(width, height + 0.2 * -(-len(names) // LEGEND_COLUMNS))
    figure.legend(marks, names, fontsize=9, loc="outside lower center", ncols=LEGEND_COLUMNS, handlelength=3)


def _label_powers(axis: Any) -> None:
    """Labels at 1, 10, 100 ..., and at 2 and 5 where there are less than two of those; no others, they would run together."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _drawn(draw: Callable[["Axes"], None]) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(dict(SETTINGS)):
        figure = Figure(figsize=SIZE_INCHES)
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return text.getvalue()
