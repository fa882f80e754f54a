"""Kinds of training runs, told apart without loading a model."""

import json
from pathlib import Path
from typing import Final

TWO_TOWER: Final = "two-tower"
RANKER: Final = "ranker"


def run_kind(config: Path) -> str:
    """What the run with this config.json trains; runs from before there were several kinds are two-towers."""
    return str(json.loads(config.read_text(encoding="utf-8")).get("kind", TWO_TOWER))
