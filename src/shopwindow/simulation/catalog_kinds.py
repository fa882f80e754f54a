"""What a real catalogue does not say of its kinds of goods: how they look, what they cost, what they are made of."""

from collections.abc import Mapping
from typing import Final

from shopwindow.simulation import vocabulary as words
from shopwindow.simulation.vocabulary import Leaf

BOTTLE: Final = Leaf("home/care/bottles", "bottle", "bottle", 19, 0, 1, ("bottle",))
PARCEL: Final = Leaf("home/care/parcels", "parcel", "fabric", 29, 0, 1, ("parcel",))
KINDS: Final[tuple[tuple[str, str], ...]] = (
    ("sunglass", "women/accessories/sunglasses"), ("eyewear", "women/accessories/sunglasses"),
    ("backpack", "men/accessories/backpacks"), ("rucksack", "men/accessories/backpacks"), ("bag", "women/accessories/bags"),
    ("clutch", "women/accessories/bags"), ("wallet", "women/accessories/bags"), ("pouch", "women/accessories/bags"),
    ("watch", "men/accessories/watches"), ("flip flop", "women/shoes/sandals"), ("sandal", "women/shoes/sandals"),
    ("flats", "men/shoes/loafers"), ("heel", "women/shoes/heels"), ("boot", "women/shoes/boots"),
    ("formal shoe", "men/shoes/loafers"), ("shoe", "men/shoes/sneakers"), ("sneaker", "men/shoes/sneakers"),
    ("skirt", "women/clothing/skirts"), ("sweatshirt", "women/clothing/knitwear"), ("sweater", "women/clothing/knitwear"),
    ("tshirt", "men/clothing/t-shirts"), ("t-shirt", "men/clothing/t-shirts"), ("shirt", "men/clothing/shirts"),
    ("kurti", "women/clothing/blouses"), ("kurta", "women/clothing/blouses"), ("tunic", "women/clothing/blouses"),
    ("blouse", "women/clothing/blouses"), ("top", "women/clothing/tops"), ("camisole", "women/clothing/tops"),
    ("vest", "women/clothing/tops"), ("dress", "women/clothing/dresses"), ("saree", "women/clothing/dresses"),
    ("jumpsuit", "women/clothing/dresses"), ("night", "women/clothing/dresses"), ("jeans", "women/clothing/jeans"),
    ("jegging", "women/clothing/jeans"), ("trouser", "men/clothing/jeans"), ("pants", "men/clothing/jeans"),
    ("shorts", "men/clothing/jeans"), ("capri", "women/clothing/jeans"), ("legging", "women/clothing/jeans"),
    ("coat", "women/clothing/coats"), ("jacket", "men/clothing/jackets"), ("blazer", "men/clothing/jackets"),
    ("cap", "men/accessories/caps"), ("hat", "women/accessories/hats"), ("scarf", "women/accessories/scarves"),
    ("scarves", "women/accessories/scarves"), ("stole", "women/accessories/scarves"), ("dupatta", "women/accessories/scarves"),
    ("muffler", "women/accessories/scarves"), ("necklace", "women/accessories/necklaces"),
    ("pendant", "women/accessories/necklaces"), ("earring", "women/accessories/necklaces"),
    ("bracelet", "women/accessories/necklaces"), ("bangle", "women/accessories/necklaces"),
    ("jewellery", "women/accessories/necklaces"), ("ring", "women/accessories/necklaces"),
    ("cushion", "home/textiles/cushions"), ("lamp", "home/lighting/table-lamps"), ("mug", "home/tableware/mugs"),
)  # fmt: skip
"""Part of a kind's name -> the made-up category that it looks like, costs like and is made like; the first that fits."""
BOTTLED: Final = (
    "perfume", "deodorant", "nail", "lip", "kajal", "foundation", "cream", "moisturiser", "face", "fragrance", "blush", "lotion",
    "mascara", "hair", "compact", "eyeshadow", "highlighter", "sunscreen", "concealer", "toner", "wash", "bottle", "makeup",
)  # fmt: skip
COLOURS: Final[Mapping[str, str]] = {
    "navy": "navy", "sky": "sky blue", "turquoise": "sky blue", "teal": "blue", "blue": "blue", "black": "black",
    "charcoal": "grey", "silver": "grey", "steel": "grey", "metallic": "grey", "grey": "grey", "gray": "grey",
    "off white": "cream", "white": "white", "cream": "cream", "beige": "cream", "nude": "cream", "skin": "cream",
    "olive": "olive", "khaki": "olive", "sea green": "sage", "lime": "sage", "sage": "sage", "green": "forest green",
    "maroon": "burgundy", "burgundy": "burgundy", "wine": "burgundy", "magenta": "rose", "pink": "rose", "peach": "rose",
    "rose": "rose", "red": "red", "purple": "lilac", "lavender": "lilac", "mauve": "lilac", "violet": "lilac", "lilac": "lilac",
    "yellow": "mustard", "gold": "mustard", "mustard": "mustard", "orange": "terracotta", "rust": "terracotta",
    "copper": "terracotta", "bronze": "camel", "terracotta": "terracotta", "tan": "camel", "camel": "camel", "taupe": "camel",
    "coffee": "chocolate", "mushroom": "camel", "brown": "chocolate", "chocolate": "chocolate",
}  # fmt: skip
"""Part of a colour's name -> the colour of the vocabulary that it is nearest to; the first that fits."""


def model_of(kind: str) -> Leaf:
    """The category of the vocabulary that a kind of goods resembles."""
    for part, path in KINDS:
        if part in kind:
            return next(leaf for leaf in words.LEAVES if leaf.path == path)
    return BOTTLE if any(part in kind for part in BOTTLED) else PARCEL


def nearest_colour(name: str) -> int:
    """Place of the nearest colour in the vocabulary, -1 where none is named."""
    for part, colour in COLOURS.items():
        if part in name:
            return words.COLOUR_NAMES.index(colour)
    return -1
