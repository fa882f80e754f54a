"""Silhouettes on a 100 x 100 sheet, as parts painted in order; one per kind of item.

A part is (paint, path data). Paints: `body` main pattern with outline, `plain` main colour with outline, `dark` and
`light` fills, `line` thin dark outline, `bold` thick stroke in the main colour, `edge` thick dark stroke.
"""

from typing import Final

Part = tuple[str, str]


def circle(x: float, y: float, r: float) -> str:
    """Path data of a circle."""
    return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0-{2 * r:g} 0z"


def _buttons(x: float, places: tuple[int, ...]) -> Part:
    return ("dark", "".join(circle(x, y, 1.2) for y in places))


CLOTHES: Final[dict[str, tuple[Part, ...]]] = {
    "dress": (
        ("body", "M40 14h4q6 9 12 0h4l4 15q-4 9-2 17l15 38q-27 8-54 0l15-38q2-8-2-17z"),
        ("line", "M38 46q12 4 24 0M46 55l-5 30M54 55l5 30"),
    ),
    "tee": (
        ("body", "M36 20q14 10 28 0l20 12-7 16-9-5v41H32V43l-9 5-7-16z"),
        ("line", "M36 20q14 15 28 0M32 43l1-9M68 43l-1-9"),
    ),
    "shirt": (
        ("body", "M38 16l12 8 12-8 16 8 8 38-10 3-7-23v44H31V42l-7 23-10-3 8-38z"),
        ("light", "M38 16l6 14 6-6 6 6 6-14-12 8z"),
        ("line", "M38 16l6 14 6-6 6 6 6-14M50 24v62M31 42l2-10M69 42l-2-10"),
        _buttons(53, (36, 48, 60, 72)),
    ),
    "jumper": (
        ("body", "M39 18q11 6 22 0 13 2 17 12l10 40-10 4-9-26v34q-19 4-38 0V48l-9 26-10-4 10-40q4-10 17-12z"),
        (
            "line",
            "M39 18q11 12 22 0M31 76q19 4 38 0M13 66l10 4M87 66l-10 4M36 78v5M43 79v5M50 79v6M57 79v5M64 78v5",
        ),
    ),
    "trousers": (
        ("body", "M34 14h32l6 74H55l-5-46-5 46H28z"),
        ("line", "M33.5 20h33M50 20v14q-3 1-4-4M36 21q0 8-4 9M64 21q0 8 4 9M37 30l-5 56M63 30l5 56"),
    ),
    "skirt": (
        ("body", "M36 24h28l16 56q-30 10-60 0z"),
        ("plain", "M36 22h28v6H36z"),
        ("line", "M43 30l-8 52M50 30v54M57 30l8 52"),
    ),
    "coat": (
        ("body", "M40 14l10 6 10-6 16 8 8 44-9 2-4-22 2 42H27l2-42-4 22-9-2 8-44z"),
        ("light", "M40 14l-4 12 14 18 14-18-4-12-10 6z"),
        ("line", "M40 14l-4 12 14 18 14-18-4-12M50 44v44M32 64h10M58 64h10M29 46l2-12M71 46l-2-12"),
        _buttons(46, (54, 66)),
    ),
    "jacket": (
        ("body", "M40 18q10 5 20 0l16 7 9 42-10 3-6-22v32H31V48l-6 22-10-3 9-42z"),
        ("dark", "M40 18q10 5 20 0l1 7q-11 6-22 0z"),
        ("line", "M50 25v55M31 40h38M31 54h38M31 68h38M31 48l1-12M69 48l-1-12"),
    ),
    "scarf": (
        ("body", "M36 46l14 4-4 28-15-2zM52 46l15-4 6 40-16 3z"),
        ("body", "M30 22q20 20 40 0 9 10-4 22-16 11-32 0-13-12-4-22z"),
        ("edge", "M32 77v5M37 78v5M42 78v5M59 85l1 5M64 84l1 5M70 83l1 5"),
    ),
    "hat": (
        ("body", "M8 63q42 18 84 0 4 10-42 13Q4 73 8 63z"),
        ("body", "M29 64q2-36 21-34 19-2 21 34-21 9-42 0z"),
        ("dark", "M29 57q21 9 42 0l.5 7q-21 9-43 0z"),
    ),
    "cap": (
        ("body", "M20 60q0-34 30-34t30 34z"),
        ("plain", "M44 58h36q15 1 16 9-24-5-52-3z"),
        ("line", "M50 26q-14 12-14 34M50 26q14 12 14 34"),
        ("dark", circle(50, 26, 2.2)),
    ),
}

SHOES: Final[dict[str, tuple[Part, ...]]] = {
    "boot": (
        ("body", "M35 14h24v40q2 9 15 13 11 3 11 15H33q-1-28 2-68z"),
        ("dark", "M33 81h52v6H60l-2-2H48v4H33z"),
        ("line", "M35 20h24M52 44l8-2M52 50l9-2M54 56l9-3M40 20v24"),
    ),
    "sneaker": (
        ("body", "M13 50q9 3 17-7l10-7q10 19 27 21 20 3 21 16v4H12q-2-16 1-27z"),
        ("light", "M11 75h78q2 9-5 9H16q-7 0-5-9z"),
        (
            "line",
            "M11 75h78q2 9-5 9H16q-7 0-5-9zM40 48l8-5M45 54l8-5M51 58l7-5M70 58q2 8-2 17M22 62q10 4 22 2",
        ),
    ),
    "heel": (
        ("body", "M15 40q5-5 12 1 16 24 40 26 20 1 22 12H62q-20-1-31-16l-3 25h-4z"),
        ("line", "M27 41q-4 12 4 22M62 79q4-8 14-9"),
    ),
    "sandal": (
        ("body", "M12 76q2-22 6-38h8q-2 10 4 14 14 6 22 22h-9q-8-12-16-14-4 6-5 16z"),
        ("body", "M54 75q6-22 16-22 11 2 15 23h-9q-3-11-8-12-4 1-6 11z"),
        ("plain", "M11 75q39-7 78 0 2 8-5 8H16q-7 0-5-8z"),
        ("dark", "M11 80h78q-1 6-5 6H16q-4 0-5-6z"),
        ("light", circle(24, 50, 2.4)),
    ),
    "loafer": (
        ("body", "M12 52q13 5 22-4 10-6 18 3 10 8 26 11 12 2 11 15H12z"),
        ("dark", "M11 77h79v5H34v-2H28v2H11z"),
        ("line", "M34 48q8 8 20 6M50 50q-4 9 4 13l14-2M46 60h10"),
    ),
}

ACCESSORIES: Final[dict[str, tuple[Part, ...]]] = {
    "bag": (
        ("bold", "M34 46q0-27 16-27t16 27"),
        ("body", "M22 44h56l6 40q-34 5-68 0z"),
        ("plain", "M22 44h56l-8 17q-20 8-40 0z"),
        ("light", circle(50, 64, 3)),
    ),
    "backpack": (
        ("edge", "M43 16q7-9 14 0"),
        ("body", "M30 32q0-17 20-17t20 17l5 50q-25 8-50 0z"),
        ("plain", "M33 56h34v22H33z"),
        ("line", "M30 34q20 8 40 0M33 62h34M50 62v6M26 44l-4 30M74 44l4 30"),
    ),
    "necklace": (
        ("bold", "M24 18q2 44 26 50 24-6 26-50"),
        (
            "light",
            "".join(circle(x, y, 2) for x, y in ((26, 34), (31, 48), (39, 60), (61, 60), (69, 48), (74, 34))),
        ),
        ("plain", "M50 66q10 12 0 20-10-8 0-20z"),
    ),
    "sunglasses": (
        ("edge", "M44 47q6-5 12 0M13 44l-5-6M87 44l5-6"),
        ("body", "M12 42h34q2 25-15 25T12 42zM54 42h34q-2 25-19 25T54 42z"),
        ("dark", "M17 46h25q0 17-12 17T17 46zM58 46h25q-1 17-13 17T58 46z"),
        ("light", "M22 49l6 0-6 8zM63 49l6 0-6 8z"),
    ),
    "watch": (
        ("body", "M40 8h20l3 28H37zM37 64h26l-3 28H40z"),
        ("plain", circle(50, 50, 21)),
        ("light", circle(50, 50, 16)),
        ("line", "M50 38v12l8 5M50 35v2M50 63v2M35 50h2M63 50h2M71 48h3v4h-3"),
    ),
    "bear": (
        ("plain", circle(36, 22, 7) + circle(64, 22, 7)),
        ("body", "M32 84q-8-30 18-32 26 2 18 32-18 8-36 0z" + circle(30, 60, 7) + circle(70, 60, 7)),
        ("plain", circle(50, 34, 18) + circle(36, 84, 7) + circle(64, 84, 7)),
        ("light", circle(50, 41, 7)),
        ("dark", circle(43, 31, 2) + circle(57, 31, 2) + circle(50, 38, 2.4)),
    ),
    "blocks": (
        ("body", "M18 58h28v28H18z"),
        ("plain", "M52 58h28v28H52z"),
        ("light", "M35 28h28v28H35z"),
        ("line", "M35 28h28v28H35zM59 66l14 0-7 12zM42 35h14v14H42z"),
    ),
}

HOME: Final[dict[str, tuple[Part, ...]]] = {
    "table_lamp": (
        ("edge", "M50 50v30"),
        ("dark", "M36 84q0-6 14-6t14 6v3H36z"),
        ("body", "M35 18h30l13 34H22z"),
        ("line", "M24 47h52"),
    ),
    "floor_lamp": (
        ("edge", "M50 36v50"),
        ("dark", "M36 88q0-4 14-4t14 4z"),
        ("body", "M40 10h20l10 26H30z"),
        ("line", "M31 32h38"),
    ),
    "pendant": (
        ("edge", "M50 0v26"),
        ("light", circle(50, 62, 8)),
        ("body", "M46 24h8q26 8 28 38H18q2-30 28-38z"),
        ("line", "M18 57h64M50 25q-16 12-18 36M50 25q16 12 18 36"),
    ),
    "armchair": (
        ("edge", "M28 76l-4 12M72 76l4 12"),
        ("body", "M28 54V28q0-10 10-10h24q10 0 10 10v26z"),
        ("plain", "M26 54h48v16H26z"),
        ("body", "M16 48q0-8 7-8t7 8v28H18zM84 48q0-8-7-8t-7 8v28h12z"),
        ("line", "M30 70h40v6H30zM50 20v34"),
    ),
    "side_table": (
        ("edge", "M28 46l-5 42M72 46l5 42M40 46v36M60 46v36"),
        ("light", "M44 40l-3-13q9-5 18 0l-3 13z"),
        ("line", "M44 40l-3-13q9-5 18 0l-3 13zM47 25q-4-8-8-9M53 25q4-9 8-11"),
        ("body", "M16 40h68v8H16z"),
        ("plain", "M27 64h46v4H27z"),
    ),
    "shelf": (
        ("light", "M24 16h52v70H24z"),
        (
            "body",
            "M20 12h6v76h-6zM74 12h6v76h-6zM26 34h48v4H26zM26 58h48v4H26zM26 82h48v4H26zM26 12h48v4H26z",
        ),
        ("dark", "M30 20h4v14h-4zM36 23h4v11h-4zM60 46h6v12h-6z"),
        ("plain", "M41 18h4v16h-4zM32 44h5v14h-5zM38 47h4v11h-4zM56 72h12v10H56zM30 74l4-2 5 9-4 1z"),
    ),
    "cushion": (
        ("body", "M20 24q30 7 60 0-6 26 0 54-30-7-60 0 6-28 0-54z"),
        ("line", "M20 24q8 10 12 12M80 24q-8 10-12 12M20 78q8-10 12-12M80 78q-8-10-12-12"),
    ),
    "throw": (
        ("body", "M18 70h64v10q0 6-8 6H26q-8 0-8-6z"),
        ("plain", "M18 54h64v16H18z"),
        ("body", "M18 46q0-8 8-8h48q8 0 8 8v8H18z"),
        ("edge", "M58 54v20M62 54v20M66 54v20M70 54v20M74 54v20"),
        ("body", "M54 38h24v18H54z"),
    ),
    "rug": (
        (
            "edge",
            "M27 30l-1-5M37 30v-5M47 30v-5M57 30v-5M67 30v-5M74 30l1-5M10 78l-1 6M26 78v6M42 78v6M58 78v6M74 78v6M90 78l1 6",
        ),
        ("body", "M26 30h48l17 48H9z"),
        ("line", "M31 36h38l12 36H19zM42 46h16l5 16H37z"),
    ),
    "mug": (
        ("bold", "M66 42q18-2 17 13-2 12-18 11"),
        ("body", "M24 32h44v40q0 12-11 12H35q-11 0-11-12z"),
        ("dark", "M24 32q22-7 44 0-22 7-44 0z"),
        ("line", "M38 22q-4-5 0-9M50 22q-4-5 0-9"),
    ),
    "vase": (
        ("edge", "M48 24Q44 8 34 6M52 24Q56 8 66 5M50 24V4"),
        ("light", circle(34, 7, 4) + circle(66, 6, 4) + circle(50, 6, 4.5)),
        ("body", "M42 22h16q-3 14 8 26 12 18-3 38H37q-15-20-3-38 11-12 8-26z"),
        ("line", "M41 26h18"),
    ),
    "bottle": (
        ("dark", "M44 12h12v12H44z"),
        ("body", "M40 26h20q12 8 12 22v34q0 8-8 8H36q-8 0-8-8V48q0-14 12-22z"),
        ("light", "M34 54h32v20H34z"),
        ("line", "M34 54h32v20H34zM40 62h20M43 68h14"),
    ),
    "parcel": (
        ("body", "M16 38h68v48H16z"),
        ("plain", "M22 22h56l6 16H16z"),
        ("light", "M44 22h12l2 16v22H42V38z"),
        ("line", "M16 38h68M50 22v16"),
    ),
    "plate": (
        ("body", circle(50, 52, 35)),
        ("light", circle(50, 52, 24)),
        ("line", circle(50, 52, 24) + circle(50, 52, 20)),
    ),
}

SILHOUETTES: Final[dict[str, tuple[Part, ...]]] = {**CLOTHES, **SHOES, **ACCESSORIES, **HOME}
