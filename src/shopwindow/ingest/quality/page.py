"""The report as an HTML page: what to do, charts, every check, and what the data can support."""

from collections.abc import Sequence
from typing import Final

from shopwindow.charts import bars, heat, lines, points
from shopwindow.document import Block, Chart, Document, Grid, Section, Text, Verdict
from shopwindow.ingest.quality.examples import number, when
from shopwindow.ingest.quality.figures import Figures
from shopwindow.ingest.quality.finding import Finding, Tone
from shopwindow.ingest.quality.funnel import is_funnel
from shopwindow.ingest.quality.report import QualityReport
from shopwindow.ingest.quality.volume import date_of

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_MARKETS: Final = 4
TITLES: Final[dict[Tone, str]] = {
    "bad": "Bad",
    "look": "Worth a look",
    "good": "Good",
    "nothing": "Not looked at",
}
TONE_OF: Final = {"yes": "good", "partly": "look", "no": "bad"}


def quality_page(report: QualityReport) -> Document:
    """The page; it names items by the shop's own ids and customers by key only."""
    figures = report.figures
    lead = f"{number(figures.actions, 'action')} of {number(figures.customers, 'customer')} on {number(figures.items, 'item')}"
    if figures.per_day:
        lead += f", {_period(figures)}"
    sections = [_summary(report)]
    if figures.actions:
        sections += [_over_time(figures), _spread(figures), _steps(figures)]
    for tone in ("bad", "look", "good"):
        found = [each for each in report.findings if each.verdict == tone]
        if found and figures.actions + figures.items:
            sections.append(Section(TITLES[tone], tuple(block for each in found for block in _check(each))))
    absent = [(each.name, each.looks_at, each.words) for each in report.findings if each.verdict == "nothing"]
    if absent and figures.actions + figures.items:
        grid = Grid(headings=("check", "what it looks at", "why not"), rows=absent)
        sections.append(Section(TITLES["nothing"], (grid,)))
    return Document(
        title=f"Data quality of {figures.shop}",
        lead=f"{lead}. Looked at {when(report.at_ms, figures.zone)} ({figures.zone}).",
        sections=(*(each for each in sections if each.blocks), *_advice(report)),
    )


def _period(figures: Figures) -> str:
    days = [day for counts in figures.per_day.values() for day in counts]
    return f"{date_of(min(days))} to {date_of(max(days))}"


def _summary(report: QualityReport) -> Section:
    if not report.figures.actions and not report.figures.items:
        welcome = "Nothing was imported yet. Bring a file of what customers did, and one of what is for sale: columns are guessed, "
        words = welcome + "the guess is shown, and bad rows are set aside with their reason."
        return Section("Begin here", (Text(words), Text("shopwindow import --shop SHOP EVENTS-FILE")))
    counts = [(tone, sum(each.verdict == tone for each in report.findings)) for tone in TITLES]
    said = ", ".join(f"{count} {TITLES[tone].lower()}" for tone, count in counts if count)
    urgent: list[Block] = [
        Verdict(each.verdict, f"{each.name}: {each.words}")
        for tone in ("bad", "look")
        for each in report.findings
        if each.verdict == tone
    ]
    nothing = [] if urgent else [Verdict("good", "No check found anything that needs a look.")]
    return Section("In short", (Text(f"{len(report.findings)} checks: {said}."), *urgent, *nothing))


def _over_time(figures: Figures) -> Section:
    blocks: list[Block] = []
    if figures.per_day and figures.days > 1:
        first = min(day for counts in figures.per_day.values() for day in counts)
        curves = {
            name: ([day - first for day in sorted(counts)], [counts[day] for day in sorted(counts)])
            for name, counts in figures.per_day.items()
        }
        svg = lines(curves, (f"days since {date_of(first)}", "actions a day"), log="y")
        blocks.append(Chart(svg=svg, caption="Actions per day, by kind; the scale is logarithmic."))
    if len(figures.weeks) > 1:
        weeks = sorted(figures.weeks)
        place = [float(n) for n in range(len(weeks))]
        new = {
            "by new customers": (
                place,
                [100 * figures.weeks[week][1] / figures.weeks[week][0] for week in weeks],
            ),
            "on new items": (
                place,
                [100 * figures.weeks[week][2] / figures.weeks[week][0] for week in weeks],
            ),
        }
        svg = lines(new, (f"weeks since {date_of(weeks[0])}", "% of the week's actions"), dots=True)
        blocks.append(
            Chart(
                svg=svg,
                caption="Share of actions by customers, and on items, first seen in that week. The first week is all new.",
            )
        )
    hours = {} if figures.only_days else figures.hours
    for market, counts in list(hours.items())[:MOST_MARKETS]:
        cells = [[counts.get(day * 24 + hour, 0) for hour in range(24)] for day in range(7)]
        svg = heat(cells, [str(hour) for hour in range(24)], WEEKDAYS, ("hour of the day", "actions"))
        blocks.append(Chart(svg=svg, caption=f"Hour and weekday ({figures.zone}), market {market}."))
    if not blocks and not figures.has_clock:
        blocks.append(
            Text("The files give an order of actions and no times: there is nothing to draw over time.")
        )
    return Section("Over time", tuple(blocks))


def _spread(figures: Figures) -> Section:
    blocks: list[Block] = []
    for name, sizes in (("customers", figures.per_customer), ("items", figures.per_item)):
        cloud = {name: (sorted(sizes), [sizes[size] for size in sorted(sizes)])}
        svg = points(cloud, ("actions", f"{name} with so many"), log="xy")
        blocks.append(Chart(svg=svg, caption=f"Actions per {name[:-1]}; both scales are logarithmic."))
    return Section("Customers and items", tuple(blocks))


def _steps(figures: Figures) -> Section:
    if not is_funnel([name for name, _, _ in figures.steps]):
        return Section("Funnel", ())
    first = max(figures.steps[0][2], 1)
    shares = [100 * people / first for _, _, people in figures.steps]
    names = [name for name, _, _ in figures.steps]
    rows = [
        (name, f"{count:,}", f"{people:,}", f"{share:.1f} %")
        for (name, count, people), share in zip(figures.steps, shares, strict=True)
    ]
    chart = Chart(svg=bars({"customers": shares}, names, f"% of the customers with a {names[0]}"),
        caption="Customers who did each step at least once.")  # fmt: skip
    headings = ("step", "actions", "customers", f"of those with a {names[0]}")
    return Section("Funnel", (chart, Grid(headings=headings, rows=rows)))


def _check(finding: Finding) -> Sequence[Block]:
    """What was seen, what counts, examples, what to do."""
    of = f" ({_percent(finding.share)})" if finding.of else ""
    blocks: list[Block] = [
        Verdict(finding.verdict, f"{finding.name}: {finding.words}{of}"),
        Text(f"Looks at {finding.looks_at}. What counts: {finding.rule}."),
    ]
    if finding.examples:
        blocks.append(Grid(headings=finding.headings, rows=finding.examples))
    if finding.remedy:
        blocks += [Text(f"What to do: {finding.remedy}"), Text(f"Command: {finding.command}")]
    return blocks


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 or not share else "under 0.1 %"


def _advice(report: QualityReport) -> tuple[Section, ...]:
    supported = tuple(
        Verdict(
            TONE_OF[each.answer], f"{each.topic}: {each.answer}. {each.words[:1].upper()}{each.words[1:]}."
        )
        for each in report.advice
    )
    start = report.start
    named = (
        f"Begin with the preset {start.preset}: {start.words}."
        if start.preset
        else f"{start.words[:1].upper()}{start.words[1:]}."
    )
    return (
        Section("What this shop's data can support", supported),
        Section("Where to begin", (Text(named), Text(start.command))),
    )
