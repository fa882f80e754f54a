"""ModelCard: what serving must know of a model to feed it, as its export wrote it down."""

import json
from dataclasses import dataclass
from typing import Self

from shopwindow.errors import ReleaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """`dim`: width of item and customer vectors; `max_actions`: longest history it reads.

    `action_names`, `surface_names`, `category_paths`: the words of its context, whose places are its codes;
    -1 stands for a word that it does not know.
    """

    dim: int
    max_actions: int
    action_names: tuple[str, ...]
    surface_names: tuple[str, ...]
    category_paths: tuple[str, ...]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The card in a model.json; fields that serving does not need are left alone.

        Raises:
            ReleaseError: a field is missing or of the wrong kind.
        """
        try:
            body = json.loads(text)
            card = cls(
                dim=int(body["dim"]),
                max_actions=int(body["max_actions"]),
                action_names=_words(body["action_names"]),
                surface_names=_words(body["surface_names"]),
                category_paths=_words(body["category_paths"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReleaseError(
                "model.json: expected dim, max_actions, action_names, surface_names, category_paths; "
                f"problem: {error!r}"
            ) from error
        if card.dim < 1 or card.max_actions < 1:
            raise ReleaseError(
                f"model.json: dim {card.dim}, max_actions {card.max_actions}, expected above 0"
            )
        return card


def _words(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"a list of texts was expected, came {values!r:.80}")
    return tuple(values)
