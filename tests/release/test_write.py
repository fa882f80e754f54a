from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shopwindow.errors import ReleaseError
from shopwindow.release import write
from shopwindow.release.bundle import load_release
from shopwindow.release.manifest import Lineage
from shopwindow.release.write import write_release


def test_the_same_content_is_the_same_release_whenever_it_is_built(make_parts, tmp_path: Path) -> None:
    one = write_release(make_parts(), tmp_path / "releases", created_ms=1)
    two = write_release(make_parts(), tmp_path / "releases", created_ms=2)
    elsewhere = write_release(make_parts(), tmp_path / "elsewhere", created_ms=3)
    assert one == two
    assert elsewhere.name == one.name
    assert load_release(one).manifest.created_ms == 1
    assert [path.name for path in one.parent.iterdir()] == [one.name]


def test_other_vectors_or_another_origin_are_another_release(make_parts, tmp_path: Path) -> None:
    parts = make_parts()
    made = [parts, make_parts(seed=1), replace(parts, lineage=Lineage(data="other"))]
    assert len({write_release(each, tmp_path / "releases", created_ms=0) for each in made}) == 3


def test_building_again_repairs_a_damaged_release(make_parts, tmp_path: Path) -> None:
    path = write_release(make_parts(), tmp_path / "releases", created_ms=0)
    (path / "output.npy").write_bytes(b"rubbish")
    assert write_release(make_parts(), tmp_path / "releases", created_ms=1) == path
    assert load_release(path).manifest.created_ms == 1
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("step", ["write_catalog", "write_index", "load_release", "sync", "_published"])
def test_a_build_that_breaks_off_leaves_nothing_to_be_seen(
    make_parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(write, step, power_cut)
    with pytest.raises(KeyboardInterrupt):
        write_release(make_parts(), tmp_path / "releases", created_ms=0)
    assert list((tmp_path / "releases").iterdir()) == []


def test_an_empty_shop_is_refused(make_parts, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="the shop has no items"):
        write_release(make_parts(num_items=0), tmp_path / "releases", created_ms=0)


def test_a_shop_with_one_item_is_a_shop(make_parts, tmp_path: Path) -> None:
    release = load_release(write_release(make_parts(num_items=1), tmp_path / "releases", created_ms=0))
    assert release.index.search(release.output[0], 500).rows.tolist() == [0]


@pytest.mark.parametrize("name", ["input", "output"])
def test_a_diverged_model_makes_no_release(make_parts, tmp_path: Path, name: str) -> None:
    parts = make_parts()
    vectors = getattr(parts, name).copy()
    vectors[17, 3] = np.inf
    with pytest.raises(ReleaseError, match=f"{name}: row 17 is not finite"):
        write_release(replace(parts, **{name: vectors}), tmp_path / "releases", created_ms=0)


def test_tables_that_do_not_fit_the_catalogue_make_no_release(make_parts, tmp_path: Path) -> None:
    parts = make_parts()
    with pytest.raises(ReleaseError, match=r"input.npy is float32 30x8, expected float32 31x8"):
        write_release(replace(parts, input=parts.input[:-1]), tmp_path / "releases", created_ms=0)
    assert list((tmp_path / "releases").iterdir()) == []
