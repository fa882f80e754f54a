"""The options --map, --set, --value and --names, which `import` and `validate` share."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shopwindow.errors import ConfigError

if TYPE_CHECKING:
    from shopwindow.ingest.source import FieldMapping


def stated_mapping(
    maps: Sequence[str], sets: Sequence[str], values: Sequence[str], names: str
) -> "FieldMapping":
    """The mapping that these options state; `names` are separated by commas.

    Raises:
        ConfigError: a text is not FIELD=... (of --value: not FIELD:THEIRS=OURS).
    """
    from shopwindow.ingest.source import FieldMapping

    return FieldMapping(
        columns=tuple(_pair("--map", text) for text in maps),
        values=tuple(_triple(text) for text in values),
        constants=tuple(_pair("--set", text) for text in sets),
        names=tuple(name.strip() for name in names.split(",")) if names else (),
    )


def _pair(option: str, text: str) -> tuple[str, str]:
    """FIELD=SOMETHING of an option, apart."""
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise ConfigError(f"{option}: expected FIELD=..., came '{text}'")
    return name.strip(), value.strip()


def _triple(text: str) -> tuple[str, str, str]:
    """FIELD:THEIRS=OURS of --value, apart."""
    name, mark, value = text.partition(":")
    theirs, equals, ours = value.rpartition("=")
    if not (name and mark and theirs and equals and ours):
        raise ConfigError(f"--value: expected FIELD:THEIRS=OURS, came '{text}'")
    return name.strip(), theirs.strip(), ours.strip()
