"""The machine's run: a name that changes when the machine is started again, for state that is not synced."""

from pathlib import Path
from typing import Final

_LINUX: Final = Path("/proc/sys/kernel/random/boot_id")


def boot_id(source: Path = _LINUX) -> str:
    """The id of this run of the machine, "" where the system does not tell (only a store that was closed is then trusted)."""
    try:
        return source.read_text(encoding="ascii").strip()
    except OSError:
        return ""
