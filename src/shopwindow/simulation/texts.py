"""What an item is called and how it is described: readable, varied, the same for the same world."""

import numpy as np
from numpy.random import Generator

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.goods import Goods
from shopwindow.simulation.pictures import Look, picture

CARES = {
    "fabric": "Wash cold and dry flat.", "denim": "Wash inside out.", "knit": "Wash by hand and dry flat.", "shoe": "Resoled on request.",
    "bag": "With an inside pocket.", "metal": "Comes in a gift box.", "wood": "Assembled in minutes.", "lamp": "Bulb included.",
    "clay": "Safe in the dishwasher.", "toy": "Safe from the first birthday.", "bottle": "Keep it cool and dark.",
}  # fmt: skip
SERVICES = ("Ships in two days.", "Made in small batches.", "Free returns.", "")
OPENINGS = (
    "{word} in {material}.", "{colour} {word} for every day.", "From our {model} line.", "A favourite, now in {colour}.", "{material} throughout.",
)  # fmt: skip


def titles(goods: Goods, rng: Generator) -> list[str]:
    """One title per item, such as "Velora suede ankle boots, forest green"; variants differ in colour only."""
    shape = rng.integers(0, 5, len(goods))
    shape = np.where(goods.parent >= 0, shape[goods.parent], shape)
    made = []
    for item in range(len(goods)):
        leaf = goods.leaves[goods.leaf[item]]
        brand, colour = goods.brands.names[goods.brand[item]], words.COLOUR_NAMES[goods.colour[item]]
        pattern, material = (
            words.PATTERN_WORDS[goods.pattern[item]],
            words.MATERIAL_NAMES[goods.material[item]],
        )
        word, model = leaf.words[goods.word[item]], words.MODELS[goods.model[item]]
        for_kids = "kids' " if leaf.path.startswith("kids") and "toys" not in leaf.path else ""
        body = " ".join(part for part in (pattern, material, for_kids + word) if part)
        made.append(
            (
                f"{brand} {body}, {colour}",
                f"{brand} {model} {body} in {colour}",
                f"{brand} {body} “{model}”, {colour}",
                f"{brand} {colour} {body}",
                f"{model} {body} by {brand}, {colour}",
            )[shape[item]]
        )
    return made


def descriptions(goods: Goods, rng: Generator) -> list[str]:
    """Two or three short sentences per item; one of them hints at its main style.

    Of a real catalogue only its titles and that hint: what else could be said would be made up.
    """
    picks = rng.integers(0, 1 << 15, (len(goods), 3))
    main = goods.style.argmax(axis=1)
    made = []
    for item in range(len(goods)):
        leaf = goods.leaves[goods.leaf[item]]
        opening = OPENINGS[picks[item, 0] % len(OPENINGS)].format(
            word=leaf.words[goods.word[item]],
            material=words.MATERIAL_NAMES[goods.material[item]],
            colour=words.COLOUR_NAMES[goods.colour[item]],
            model=words.MODELS[goods.model[item]],
        )
        if goods.titles:
            opening = f"{goods.titles[item]}."
        flavours = words.FLAVOURS[words.STYLES[main[item]]]
        opening = opening[0].upper() + opening[1:]
        flavour, service = flavours[picks[item, 1] % len(flavours)], SERVICES[picks[item, 2] % len(SERVICES)]
        care = "" if goods.titles else CARES[leaf.materials]
        made.append(" ".join(part for part in (opening, flavour, care, service) if part))
    return made


def item_pictures(goods: Goods) -> list[str]:
    """One data: URI per item."""
    main = goods.style.argmax(axis=1)
    return [
        picture(
            Look(
                shape=goods.leaves[goods.leaf[item]].shape,
                colour=words.COLOUR_NAMES[goods.colour[item]],
                accent=words.COLOUR_NAMES[goods.accent[item]],
                pattern=words.PATTERNS[goods.pattern[item]],
                style=words.STYLES[main[item]],
            )
        )
        for item in range(len(goods))
    ]
