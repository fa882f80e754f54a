from pathlib import Path

import pytest

from shopwindow.config import ShopDirectory
from shopwindow.errors import ReleaseError
from shopwindow.release.registry import activate, active, active_path, find, releases
from shopwindow.release.write import write_release


@pytest.fixture
def shop_dir(tmp_path: Path) -> ShopDirectory:
    return ShopDirectory(tmp_path / "shop")


def test_a_shop_without_releases_lists_none_and_says_what_to_do(shop_dir: ShopDirectory) -> None:
    assert releases(shop_dir) == []
    assert active(shop_dir) is None
    with pytest.raises(ReleaseError, match=r"no release is active in .* `shopwindow release build`"):
        active_path(shop_dir)


def test_releases_are_listed_newest_first_with_the_active_one_marked(
    make_parts, shop_dir: ShopDirectory
) -> None:
    old = write_release(make_parts(seed=0), shop_dir.releases, created_ms=1)
    new = write_release(make_parts(seed=1), shop_dir.releases, created_ms=2)
    activate(shop_dir, old.name)
    assert [(each.release_id, each.active) for each in releases(shop_dir)] == [
        (new.name, False),
        (old.name, True),
    ]


def test_going_back_is_activating_the_one_before(make_parts, shop_dir: ShopDirectory) -> None:
    one, two = (write_release(make_parts(seed=seed), shop_dir.releases, created_ms=0) for seed in range(2))
    for each in (one, two, one):
        assert activate(shop_dir, each.name).release_id == each.name
        assert active_path(shop_dir) == each


def test_the_beginning_of_an_id_is_enough(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    assert find(shop_dir, path.name[:6]) == path


@pytest.mark.parametrize("release_id", ["zzzz", "", "../releases"])
def test_an_unknown_id_is_answered_with_those_there_are(
    make_parts, shop_dir: ShopDirectory, release_id: str
) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    with pytest.raises(ReleaseError, match=f"fits 0 releases, expected one of {path.name}"):
        activate(shop_dir, release_id)


def test_a_damaged_release_is_not_activated_and_the_old_one_stays(
    make_parts, shop_dir: ShopDirectory
) -> None:
    good, bad = (write_release(make_parts(seed=seed), shop_dir.releases, created_ms=0) for seed in range(2))
    activate(shop_dir, good.name)
    content = bytearray((bad / "output.npy").read_bytes())
    content[-1] ^= 1
    (bad / "output.npy").write_bytes(content)
    with pytest.raises(ReleaseError, match=r"output.npy has hash"):
        activate(shop_dir, bad.name)
    assert active(shop_dir) == good.name


def test_a_damaged_release_is_listed_with_its_problem(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    (path / "output.npy").unlink()
    (entry,) = releases(shop_dir)
    assert entry.manifest is None
    assert "output.npy is missing" in entry.problem


def test_a_renamed_release_is_not_activated(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    path.rename(shop_dir.releases / "latest")
    with pytest.raises(ReleaseError, match=f"latest holds release {path.name}: the directory was renamed"):
        activate(shop_dir, "latest")


def test_an_active_release_that_is_gone_is_said_to_be(make_parts, shop_dir: ShopDirectory) -> None:
    path = write_release(make_parts(), shop_dir.releases, created_ms=0)
    activate(shop_dir, path.name)
    path.rename(shop_dir.releases / "elsewhere")
    with pytest.raises(ReleaseError, match=f"the active release {path.name} is gone"):
        active_path(shop_dir)
