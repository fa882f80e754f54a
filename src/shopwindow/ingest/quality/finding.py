"""Check and Found: what is looked at, and what was seen there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shopwindow.ingest.quality.clean import Clean
from shopwindow.ingest.quality.examples import NUM_EXAMPLES
from shopwindow.ingest.quality.thresholds import Limits, Thresholds

Tone: TypeAlias = Literal["good", "look", "bad", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a check saw: `count` of `of` things, e.g. actions; the verdict goes by `share` against `limits`.

    `headings`, `examples`: the worst first; ten are shown. `words`: one sentence of what was seen. `share`:
    count / of.
    """

    count: int
    of: int
    limits: Limits
    words: str
    headings: Sequence[str] = ()
    examples: Sequence[Sequence[str]] = ()

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named check. `find` gives None where the shop has nothing that the check could look at.

    `rule`: what counts, with its numbers. `needs`: what is missing where `find` gives None.
    """

    name: str
    looks_at: str
    needs: str
    remedy: str
    command: str
    rule: Callable[[Thresholds], str]
    find: Callable[[Clean, Thresholds], Found | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check with what it found in a shop."""

    name: str
    looks_at: str
    rule: str
    verdict: Tone
    words: str
    count: int
    of: int
    share: float
    headings: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    remedy: str
    command: str


def finding_of(check: Check, clean: Clean, thresholds: Thresholds) -> Finding:
    """Run one check."""
    found = check.find(clean, thresholds)
    verdict: Tone = "nothing" if found is None else found.limits.verdict(found.share)
    seen = found or Found(count=0, of=0, limits=Limits(1.0, 1.0), words=check.needs)
    limits = f"; {seen.limits.words()}" if found else ""
    return Finding(
        name=check.name,
        looks_at=check.looks_at,
        rule=check.rule(thresholds) + limits,
        verdict=verdict,
        words=seen.words,
        count=seen.count,
        of=seen.of,
        share=seen.share,
        headings=tuple(seen.headings),
        examples=tuple(tuple(row) for row in seen.examples[:NUM_EXAMPLES]),
        remedy=check.remedy if verdict in ("look", "bad") else "",
        command=check.command if verdict in ("look", "bad") else "",
    )
