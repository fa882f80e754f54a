"""The simulated shop's words: category leaves, styles, colours, patterns, materials, markets, names."""

from dataclasses import dataclass
from typing import Final

STYLES: Final = ("minimal", "classic", "sporty", "romantic", "boho", "street", "glam", "rustic")

COLOURS: Final[dict[str, str]] = {
    "black": "#35353b", "white": "#f7f5f0", "grey": "#9ea1a8", "navy": "#2c3c66", "blue": "#4f84c4",
    "sky blue": "#a6cbe6", "forest green": "#2f5f49", "olive": "#80844f", "sage": "#a9c0a3", "red": "#c5443f",
    "burgundy": "#74283b", "rose": "#e6a3b0", "mustard": "#dba93f", "terracotta": "#c66d4d", "camel": "#c39d70",
    "cream": "#efe2c6", "lilac": "#b8a4d6", "chocolate": "#6c4b37",
}  # fmt: skip
COLOUR_NAMES: Final = tuple(COLOURS)

STYLE_COLOURS: Final[dict[str, tuple[str, ...]]] = {
    "minimal": ("black", "white", "grey", "cream", "sage"),
    "classic": ("navy", "camel", "white", "burgundy", "chocolate"),
    "sporty": ("blue", "red", "grey", "black", "sky blue"),
    "romantic": ("rose", "lilac", "cream", "white", "sky blue"),
    "boho": ("terracotta", "mustard", "olive", "cream", "burgundy"),
    "street": ("black", "olive", "red", "grey", "mustard"),
    "glam": ("burgundy", "black", "lilac", "red", "forest green"),
    "rustic": ("chocolate", "forest green", "camel", "terracotta", "sage"),
}

PATTERNS: Final = ("plain", "stripes", "dots", "checks", "floral")
PATTERN_WORDS: Final = ("", "striped", "dotted", "checked", "floral")
STYLE_PATTERNS: Final[dict[str, tuple[float, ...]]] = {
    "minimal": (12, 1.5, 0.3, 0.3, 0.1),
    "classic": (6, 2.5, 1, 3, 0.4),
    "sporty": (8, 4, 0.4, 0.6, 0.1),
    "romantic": (4, 1, 3, 0.4, 5),
    "boho": (4, 2.5, 0.8, 0.8, 4),
    "street": (8, 1.5, 0.5, 3, 0.2),
    "glam": (7, 0.7, 3, 0.4, 1.5),
    "rustic": (6, 1.5, 0.6, 4, 0.8),
}

MATERIALS: Final[dict[str, tuple[str, ...]]] = {
    "fabric": ("cotton", "linen", "wool", "viscose", "silk", "jersey"),
    "denim": ("denim", "organic denim", "corduroy"),
    "knit": ("merino", "cashmere", "cotton", "alpaca"),
    "shoe": ("leather", "suede", "canvas", "vegan leather"),
    "bag": ("leather", "canvas", "vegan leather", "straw"),
    "metal": ("gold-plated", "silver", "steel", "acetate"),
    "wood": ("oak", "walnut", "rattan", "steel"),
    "lamp": ("brass", "linen", "glass", "ceramic", "rattan"),
    "clay": ("stoneware", "porcelain", "glass", "ceramic"),
    "toy": ("organic cotton", "beech", "felt"),
    "bottle": ("glass",),
}
MATERIAL_NAMES: Final = tuple(sorted({name for names in MATERIALS.values() for name in names}))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category with items of its own.

    `price`: median in EUR. `season`: +1 summer, -1 winter, 0 all year. `share`: weight among items.
    `words`: what the title calls an item; the last part is what people search for.
    """

    path: str
    shape: str
    materials: str
    price: float
    season: float
    share: float
    words: tuple[str, ...]


LEAVES: Final = (
    Leaf("women/clothing/dresses", "dress", "fabric", 69, 0.6, 2.2, ("midi dress", "wrap dress", "slip dress", "shirt dress")),
    Leaf("women/clothing/blouses", "shirt", "fabric", 45, 0.2, 1.5, ("blouse", "tie-neck blouse", "puff-sleeve blouse")),
    Leaf("women/clothing/tops", "tee", "fabric", 25, 0.5, 1.5, ("top", "boxy tee", "rib top")),
    Leaf("women/clothing/knitwear", "jumper", "knit", 65, -0.8, 1.4, ("jumper", "cable jumper", "roll-neck jumper")),
    Leaf("women/clothing/jeans", "trousers", "denim", 79, 0, 1.3, ("straight jeans", "wide jeans", "slim jeans")),
    Leaf("women/clothing/skirts", "skirt", "fabric", 49, 0.5, 1.0, ("midi skirt", "pleated skirt", "wrap skirt")),
    Leaf("women/clothing/coats", "coat", "fabric", 149, -1, 1.0, ("coat", "trench coat", "wrap coat")),
    Leaf("women/shoes/boots", "boot", "shoe", 119, -0.9, 1.2, ("ankle boots", "Chelsea boots", "knee boots")),
    Leaf("women/shoes/sneakers", "sneaker", "shoe", 89, 0.1, 1.4, ("sneakers", "court sneakers", "low sneakers")),
    Leaf("women/shoes/heels", "heel", "shoe", 95, 0.2, 0.8, ("heels", "slingback heels", "court heels")),
    Leaf("women/shoes/sandals", "sandal", "shoe", 65, 1, 0.9, ("sandals", "strappy sandals", "slide sandals")),
    Leaf("women/accessories/bags", "bag", "bag", 99, 0, 1.3, ("shoulder bag", "tote bag", "handbag")),
    Leaf("women/accessories/scarves", "scarf", "knit", 35, -0.7, 0.7, ("scarf", "long scarf", "fringed scarf")),
    Leaf("women/accessories/necklaces", "necklace", "metal", 39, 0, 0.8, ("necklace", "pendant necklace", "bead necklace")),
    Leaf("women/accessories/sunglasses", "sunglasses", "metal", 59, 0.9, 0.6, ("sunglasses", "round sunglasses", "cat-eye sunglasses")),
    Leaf("women/accessories/hats", "hat", "bag", 39, 0.6, 0.5, ("hat", "wide-brim hat", "sun hat")),
    Leaf("men/clothing/shirts", "shirt", "fabric", 55, 0.2, 1.4, ("shirt", "Oxford shirt", "camp-collar shirt")),
    Leaf("men/clothing/t-shirts", "tee", "fabric", 25, 0.5, 1.4, ("t-shirt", "heavy t-shirt", "pocket t-shirt")),
    Leaf("men/clothing/knitwear", "jumper", "knit", 69, -0.8, 1.1, ("jumper", "crew-neck jumper", "half-zip jumper")),
    Leaf("men/clothing/jeans", "trousers", "denim", 85, 0, 1.1, ("tapered jeans", "straight jeans", "relaxed jeans")),
    Leaf("men/clothing/jackets", "jacket", "fabric", 129, -0.7, 1.0, ("jacket", "field jacket", "quilted jacket")),
    Leaf("men/shoes/boots", "boot", "shoe", 139, -0.8, 0.9, ("boots", "lace-up boots", "Chelsea boots")),
    Leaf("men/shoes/sneakers", "sneaker", "shoe", 95, 0.1, 1.3, ("sneakers", "runner sneakers", "retro sneakers")),
    Leaf("men/shoes/loafers", "loafer", "shoe", 109, 0.3, 0.7, ("loafers", "penny loafers", "tassel loafers")),
    Leaf("men/accessories/watches", "watch", "metal", 159, 0, 0.7, ("watch", "field watch", "dress watch")),
    Leaf("men/accessories/backpacks", "backpack", "bag", 79, 0, 0.7, ("backpack", "roll-top backpack", "day backpack")),
    Leaf("men/accessories/caps", "cap", "bag", 25, 0.4, 0.5, ("cap", "baseball cap", "washed cap")),
    Leaf("kids/clothing/t-shirts", "tee", "fabric", 15, 0.5, 0.9, ("t-shirt", "long-sleeve t-shirt")),
    Leaf("kids/clothing/jackets", "jacket", "fabric", 49, -0.8, 0.7, ("jacket", "rain jacket", "puffer jacket")),
    Leaf("kids/clothing/dresses", "dress", "fabric", 29, 0.6, 0.7, ("dress", "twirl dress", "play dress")),
    Leaf("kids/shoes/sneakers", "sneaker", "shoe", 39, 0.1, 0.8, ("sneakers", "velcro sneakers")),
    Leaf("kids/toys/soft-toys", "bear", "toy", 22, -0.2, 0.6, ("teddy bear", "soft bear", "cuddly bear")),
    Leaf("kids/toys/blocks", "blocks", "toy", 27, -0.2, 0.5, ("building blocks", "stacking blocks")),
    Leaf("home/lighting/table-lamps", "table_lamp", "lamp", 69, -0.3, 1.0, ("table lamp", "bedside lamp", "desk lamp")),
    Leaf("home/lighting/floor-lamps", "floor_lamp", "lamp", 139, -0.3, 0.6, ("floor lamp", "reading lamp")),
    Leaf("home/lighting/pendants", "pendant", "lamp", 99, -0.2, 0.7, ("pendant lamp", "dome pendant")),
    Leaf("home/furniture/armchairs", "armchair", "wood", 349, 0, 0.6, ("armchair", "lounge chair", "reading armchair")),
    Leaf("home/furniture/side-tables", "side_table", "wood", 119, 0, 0.6, ("side table", "coffee table")),
    Leaf("home/furniture/shelves", "shelf", "wood", 189, 0, 0.5, ("shelf", "bookshelf", "ladder shelf")),
    Leaf("home/textiles/cushions", "cushion", "fabric", 29, 0, 1.0, ("cushion", "square cushion", "piped cushion")),
    Leaf("home/textiles/throws", "throw", "knit", 49, -0.7, 0.6, ("throw", "fringed throw", "waffle throw")),
    Leaf("home/textiles/rugs", "rug", "knit", 179, 0, 0.6, ("rug", "woven rug", "hallway rug")),
    Leaf("home/tableware/mugs", "mug", "clay", 16, -0.2, 0.9, ("mug", "breakfast mug", "espresso mug")),
    Leaf("home/tableware/vases", "vase", "clay", 35, 0.2, 0.8, ("vase", "bud vase", "tall vase")),
    Leaf("home/tableware/plates", "plate", "clay", 19, 0, 0.7, ("plate", "dinner plate", "side plate")),
)  # fmt: skip

COMPLEMENTS: Final[dict[str, str]] = {
    "women/clothing/dresses": "women/shoes/heels",
    "women/shoes/heels": "women/accessories/bags",
    "women/clothing/coats": "women/accessories/scarves",
    "women/clothing/jeans": "women/shoes/boots",
    "women/clothing/skirts": "women/clothing/blouses",
    "women/accessories/hats": "women/accessories/sunglasses",
    "men/clothing/jeans": "men/shoes/sneakers",
    "men/clothing/shirts": "men/shoes/loafers",
    "men/shoes/loafers": "men/accessories/watches",
    "kids/clothing/t-shirts": "kids/shoes/sneakers",
    "home/furniture/armchairs": "home/textiles/cushions",
    "home/textiles/cushions": "home/textiles/throws",
    "home/furniture/side-tables": "home/tableware/vases",
    "home/tableware/plates": "home/tableware/mugs",
}
"""Bought the key: the value becomes more wanted for a while."""

DEPARTMENTS: Final = ("women", "men", "kids", "home")

MARKETS: Final = (("de", "EUR", 1.0), ("uk", "GBP", 0.86), ("pl", "PLN", 4.3))
"""Code, currency, units of it per EUR."""
COUNTRIES: Final = (("DE", 0, 0.46), ("AT", 0, 0.10), ("GB", 1, 0.26), ("IE", 1, 0.05), ("PL", 2, 0.13))
"""Code, place of its market, share of customers."""
DEVICES: Final = ("mobile", "desktop", "tablet")
SURFACES: Final = ("home", "browse", "search", "similar")
AGES: Final = ("18-24", "25-34", "35-44", "45-54", "55+")
GENDERS: Final = ("woman", "man", "not said")

BRAND_STARTS: Final = (
    "Vel", "Nor", "Cal", "Mar", "Lin", "Ost", "Fer", "Bel", "Ar", "Tor", "Sol", "Ken", "Ila", "Ro", "Hav", "Mi", "Ede", "Wes", "Ala", "Jun",
)  # fmt: skip
BRAND_ENDS: Final = (
    "ora", "lund", "vik", "ette", "ano", "mere", "by", "ia", "ström", "well", "aro", "ney", "ford", "ique", "ello", "ton", "ava", "holm", "is", "en",
)  # fmt: skip
MODELS: Final = (
    "Alba", "Birch", "Cleo", "Dune", "Elm", "Fjord", "Gaia", "Harbour", "Iris", "Juno", "Kite", "Luna", "Mira", "Nova", "Opal", "Piper", "Quill",
    "Rae", "Saga", "Tide", "Una", "Vale", "Willow", "Yuma", "Zora",
)  # fmt: skip
FIRST_NAMES: Final = (
    "anna", "ben", "clara", "david", "emma", "felix", "greta", "hugo", "ida", "jonas", "kasia", "leon", "maja", "nora", "oscar", "paula",
    "quentin", "rosa", "sam", "tilda", "ulla", "victor", "wanda", "xenia", "yara", "zoe", "adam", "bella", "carl", "dora", "erik", "finn",
)  # fmt: skip
FLAVOURS: Final[dict[str, tuple[str, ...]]] = {
    "minimal": ("Clean lines and nothing extra.", "Quiet and easy to combine."),
    "classic": ("A timeless cut that outlasts the season.", "Tailored with care."),
    "sporty": ("Made to move.", "Light, quick to dry and ready for the track."),
    "romantic": ("Soft details and a gentle shape.", "Delicate, with a hint of nostalgia."),
    "boho": ("Relaxed, sun-washed and a little wild.", "Inspired by long markets and longer summers."),
    "street": ("Oversized attitude for the city.", "Built for pavements and late trains."),
    "glam": ("Made for the evening light.", "A little shine goes a long way."),
    "rustic": ("Honest materials that age well.", "Sturdy, warm and made for the country."),
}
