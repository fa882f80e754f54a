from pathlib import Path

import pytest

from shopwindow.errors import SchemaError
from shopwindow.schema.shop import (
    DEFAULT_ACTIONS,
    Action,
    Attribute,
    Market,
    ShopConfig,
    Surface,
    read_shop,
    shop_toml,
)  # fmt: skip

SHOP = '[shop]\nname = "x"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(text)
    return path


def test_a_name_is_all_a_shop_needs(tmp_path: Path) -> None:
    shop = read_shop(written(tmp_path, SHOP))
    assert (shop.name, shop.time_zone, shop.session_gap_minutes) == ("x", "UTC", 30)
    assert shop.actions == DEFAULT_ACTIONS
    assert shop.surface_names == ("home", "browse", "search", "similar")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    shop = ShopConfig(
        name='Böö "quoted" \\ tab\t\x7f',
        time_zone="Asia/Tokyo",
        session_gap_minutes=45,
        category_separator=">",
        surfaces=(Surface(name="start", kind="home"),),
        actions=(Action(name="open", gain=1.5), Action(name="hide", gain=-1.0)),
        attributes=(Attribute(name="colour"), Attribute(name="size", kind="number")),
        markets=(Market(code="jp", currency="JPY"),),
    )
    assert read_shop(written(tmp_path, shop_toml(shop))) == shop


def test_order_is_kept_because_a_place_is_a_code(tmp_path: Path) -> None:
    text = SHOP + "".join(f'[[action]]\nname = "{name}"\ngain = 1\n' for name in ("z", "a", "m"))
    assert read_shop(written(tmp_path, text)).action_names == ("z", "a", "m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^shop\.toml: field 'shop': expected a table \[shop\], came None"),
        ("[shop]\n", r"^shop\.toml:1: field 'shop\.name': expected a non-empty text, came None"),
        ("[shop]\nname = 3\n", r"^shop\.toml:2: field 'shop\.name': expected a non-empty text, came 3"),
        (
            SHOP + 'time_zone = "Mars"\n',
            r"shop\.toml:3: .*expected a time zone such as Europe/Berlin, came 'Mars'",
        ),
        (SHOP + "session_gap_minutes = 0\n", r":3: field .*expected a whole number from 1 to 1440, came 0"),
        (SHOP + "colour = 1\n", r":3: field 'shop\.colour': expected one of name, time_zone"),
        (
            SHOP + '[[surface]]\nname = "a"\nkind = "shelf"\n',
            r":5: field 'surface\[0\]\.kind': expected one of home",
        ),
        (
            SHOP + '[[action]]\nname = "a"\ngain = 1\n\n[[action]]\nname = "b"\ngain = "much"\n',
            r":9: field 'action\[1\]\.gain': expected a number from -1e\+09 to 1e\+09, came 'much'",
        ),
        (SHOP + '[[action]]\nname = "a"\ngain = nan\n', r":5: .*expected a number from .*, came nan"),
        (SHOP + '[[action]]\nname = "a"\ngain = 0\n', r"at least one action with a gain above 0"),
        (SHOP + '[[action]]\nname = "Big A"\ngain = 1\n', r":4: .*expected a name of a-z"),
        (
            SHOP + '[[action]]\nname = "a"\ngain = 1\n[[action]]\nname = "a"\ngain = 2\n',
            r":7: field 'action\[1\]\.name': expected each action once, came 'a'",
        ),
        ("surface = 3\n" + SHOP, r"field 'surface': expected tables headed \[\[surface\]\], came 3"),
        (
            'surface = ["home"]\n' + SHOP,
            r"field 'surface': expected tables headed \[\[surface\]\], came \['home'\]",
        ),
        ("things = 1\n" + SHOP, r"field 'things': expected one of the tables shop, surface"),
        ("[shop\n", r"shop\.toml:1: expected TOML"),
        (
            SHOP + '[[action]]\nname = "a"\ngain = 1' + "0" * 400,
            r"field 'action\[0\]\.gain': expected a number from",
        ),
        (SHOP + "x = 1" + "0" * 5000, r"shop\.toml: expected TOML"),
        ("x = " + "[" * 5000, r"shop\.toml.*: expected TOML"),
        (
            SHOP + 'time_zone = "posix/Europe/Berlin"\n',
            r"expected a time zone such as Europe/Berlin, came 'posix",
        ),
        (SHOP + 'time_zone = "localtime"\n', r"expected a time zone such as Europe/Berlin, came 'localtime'"),
        (SHOP + 'time_zone = "Europe"\n', r"expected a time zone such as Europe/Berlin, came 'Europe'"),
        (
            SHOP + "".join(f'[[action]]\nname = "a{n}"\ngain = 1\n' for n in range(201)),
            r"expected at most 200 tables \[\[action\]\], came '?201",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=message):
        read_shop(written(tmp_path, text))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="shopwindow init"):
        read_shop(tmp_path / "shop.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xff\xfe[shop]")
    with pytest.raises(SchemaError, match=r"shop\.toml: expected UTF-8 text"):
        read_shop(path)
