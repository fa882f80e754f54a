"""Hierarchy: category paths out of bare category names, where a set kept the names and lost their order."""

from collections.abc import Mapping, Sequence


def paths_of(names: Mapping[str, Sequence[str]], separator: str = "/") -> dict[str, list[str]]:
    """Item -> its category paths, the longest first, from item -> the names of all its categories.

    A name's parent is the rarest other name that every item of it has too: "Irons" lies in "Styling Tools"
    if whatever is in the former is in the latter. An item gets the path of each of its names that is no
    ancestor of another. Names that fall on the very same items are ordered by the alphabet.
    """
    parent = _parents(names)

    def chain(name: str) -> list[str]:
        above = parent[name]
        return [name] if above is None else [*chain(above), name]

    chains = {name: chain(name) for name in parent}
    found = {}
    for item, own in names.items():
        inner = {ancestor for name in own for ancestor in chains[name][:-1]}
        leaves = [chains[name] for name in dict.fromkeys(own) if name not in inner]
        found[item] = [separator.join(leaf) for leaf in sorted(leaves, key=lambda leaf: (-len(leaf), leaf))]
    return found


def _parents(names: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    items: dict[str, set[str]] = {}
    for item, own in names.items():
        for name in own:
            items.setdefault(name, set()).add(item)
    rising = sorted(items, key=lambda name: (len(items[name]), name))
    return {
        name: next((wider for wider in rising[place + 1 :] if items[name] <= items[wider]), None)
        for place, name in enumerate(rising)
    }
