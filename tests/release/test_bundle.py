import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from shopwindow.errors import ReleaseError
from shopwindow.index.recall import GateConfig
from shopwindow.release.bundle import load_release
from shopwindow.release.manifest import NAME, Manifest, read_manifest
from shopwindow.release.write import write_release

FILES = [
    "catalog.arrow",
    "categories.json",
    "category.npy",
    "customer.onnx",
    "first_seen_ms.npy",
    "index.json",
    "input.npy",
    "item.onnx",
    "item_key.npy",
    "model.json",
    "other_offsets.npy",
    "other_rows.npy",
    "output.npy",
    "popularity.npy",
    "row_of_key.npy",
    "scan.npy",
    "shop.toml",
    "vocabulary.json",
]
GATE = GateConfig(limit=10, min_recall=0.5, min_items=1_000)


@pytest.fixture
def release(make_parts, tmp_path: Path) -> Path:
    return write_release(make_parts(), tmp_path / "releases", created_ms=1_000)


def resealed(directory: Path) -> Path:
    """The manifest written anew over the files as they are now: what a careless copy or a bad build would make."""
    old = read_manifest(directory)
    manifest = Manifest.of(directory, old.created_ms, old.num_items, old.lineage)
    (directory / NAME).write_text(manifest.to_json(), encoding="utf-8")
    return directory


def test_a_release_comes_back_as_it_was_written(make_parts, tmp_path: Path) -> None:
    parts = make_parts()
    release = load_release(write_release(parts, tmp_path / "releases", created_ms=1_000))
    assert release.shop == parts.shop
    assert release.vocabulary == parts.vocabulary
    assert release.manifest.lineage == parts.lineage
    assert release.manifest.created_ms == 1_000
    assert release.catalog.table.equals(parts.catalog.table)
    assert release.catalog.categories.paths == parts.catalog.categories.paths
    for name in ("item_key", "category", "first_seen_ms", "other_offsets", "other_rows"):
        assert np.array_equal(getattr(release.catalog, name), getattr(parts.catalog, name)), name
    for name in ("input", "output", "popularity"):
        assert np.array_equal(getattr(release, name), getattr(parts, name)), name
    assert release.row_of_key[parts.catalog.item_key].tolist() == list(range(30))
    assert release.row_of_key[1] == -1
    assert (release.model.dim, release.model.max_actions) == (8, 20)
    found = release.index.search(parts.output[3], 5)
    assert set(found.rows.tolist()) == set(np.argsort(-(parts.output @ parts.output[3]))[:5].tolist())


def test_a_release_holds_these_files_and_its_name_is_its_id(release: Path) -> None:
    assert sorted(path.name for path in release.iterdir()) == sorted([*FILES, NAME])
    assert release.name == load_release(release).release_id
    assert len(release.name) == 16


def test_tables_are_read_only_maps_of_the_files(release: Path) -> None:
    loaded = load_release(release)
    for table in (loaded.input, loaded.output, loaded.popularity, loaded.index.exact.scan):
        assert not table.flags.writeable
        assert not table.flags.owndata


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(release: Path, name: str) -> None:
    (release / name).unlink()
    with pytest.raises(ReleaseError, match=rf"{release.name}: {name} is missing"):
        load_release(release)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_in_any_file(release: Path, name: str) -> None:
    path = release / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ReleaseError, match=rf"{name} has hash .* expected .* damaged or of another release"):
        load_release(release)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_found_even_without_hashing(release: Path, name: str, verify: bool) -> None:
    path = release / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ReleaseError, match=rf"{name} is truncated: \d+ bytes, expected \d+"):
        load_release(release, verify=verify)


def test_a_file_that_grew_is_refused(release: Path) -> None:
    with (release / "output.npy").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ReleaseError, match=r"output.npy has \d+ bytes, expected \d+"):
        load_release(release, verify=False)


@pytest.mark.parametrize("name", FILES)
def test_rubbish_under_a_fresh_manifest_is_refused_and_never_crashes(release: Path, name: str) -> None:
    (release / name).write_bytes(b"not what it says")
    with pytest.raises(ReleaseError):
        load_release(resealed(release))


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_under_a_fresh_manifest_is_refused_and_never_crashes(release: Path, name: str) -> None:
    (release / name).write_bytes(b"")
    with pytest.raises(ReleaseError):
        load_release(resealed(release))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("input.npy", "input.npy is float32 41x12, expected float32 31x8"),
        ("output.npy", "output.npy is float32 40x12, expected float32 30x8"),
        ("scan.npy", "scan.npy is float32 12x40, expected float32 8x30"),
        ("popularity.npy", "popularity.npy is float32 40, expected float32 30"),
        ("item_key.npy", "item_key.npy is int32 40, expected int32 30"),
        ("row_of_key.npy", "row_of_key.npy is int32 79, expected int32 59"),
        ("catalog.arrow", "catalog.arrow has 40 items, expected 30"),
        ("model.json", "output.npy is float32 30x8, expected float32 30x12"),
        ("customer.onnx", "customer.onnx: 'item_vectors' is .* expected width 8"),
        ("item.onnx", "item.onnx: 'input' is .* expected width 8"),
    ],
)
def test_files_of_two_releases_do_not_mix(
    make_parts, release: Path, tmp_path: Path, name: str, reason: str
) -> None:
    other = write_release(make_parts(num_items=40, dim=12), tmp_path / "releases", created_ms=1_000)
    (release / name).write_bytes((other / name).read_bytes())
    with pytest.raises(ReleaseError, match=reason):
        load_release(resealed(release))


def test_vectors_of_another_run_over_the_same_catalogue_do_not_mix_with_the_scan_copy(
    make_parts, release: Path, tmp_path: Path
) -> None:
    other = write_release(make_parts(seed=1), tmp_path / "releases", created_ms=1_000)
    (release / "output.npy").write_bytes((other / "output.npy").read_bytes())
    with pytest.raises(ReleaseError, match=r"scan.npy is not output.npy transposed"):
        load_release(resealed(release))


def test_a_model_of_a_shop_with_other_actions_is_refused(make_parts, tmp_path: Path) -> None:
    parts = make_parts()
    card = {**json.loads(parts.model_json), "action_names": ["like", "click"]}
    with pytest.raises(
        ReleaseError, match=r"the model knows the actions like, click; shop.toml has click, wishlist"
    ):
        write_release(replace(parts, model_json=json.dumps(card)), tmp_path / "releases", created_ms=0)


def test_a_shop_may_have_appended_an_action_that_the_model_does_not_know_yet(
    make_parts, tmp_path: Path
) -> None:
    parts = make_parts()
    card = {**json.loads(parts.model_json), "action_names": ["click", "wishlist"]}
    path = write_release(replace(parts, model_json=json.dumps(card)), tmp_path / "releases", created_ms=0)
    assert load_release(path).model.action_names == ("click", "wishlist")


def test_a_path_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="expected a release directory, came nothing"):
        load_release(tmp_path / "none")


def test_a_path_that_is_a_file_is_refused(release: Path) -> None:
    with pytest.raises(ReleaseError, match="expected a release directory, came a file"):
        load_release(release / "model.json")


def test_a_directory_without_a_manifest_is_refused(release: Path) -> None:
    (release / NAME).unlink()
    with pytest.raises(ReleaseError, match=r"manifest.json is missing: not a release, or one half copied"):
        load_release(release)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "files": []}'])
def test_a_manifest_that_is_not_one_is_refused(release: Path, text: str) -> None:
    (release / NAME).write_text(text)
    with pytest.raises(ReleaseError, match=r"manifest.json is not readable"):
        load_release(release)


def test_a_release_of_another_format_is_refused(release: Path) -> None:
    body = json.loads((release / NAME).read_text())
    (release / NAME).write_text(json.dumps({**body, "format": 99}))
    with pytest.raises(ReleaseError, match="format 99, this version reads 1: build it again"):
        load_release(release)


def test_a_changed_lineage_is_noticed(release: Path) -> None:
    body = json.loads((release / NAME).read_text())
    body["lineage"]["metrics"]["ndcg@10"] = 0.9
    (release / NAME).write_text(json.dumps(body))
    with pytest.raises(ReleaseError, match=r"manifest.json was changed"):
        load_release(release)


def test_a_large_shop_is_searched_in_lists_whose_recall_the_release_tells(make_parts, tmp_path: Path) -> None:
    path = write_release(make_parts(num_items=2_000), tmp_path / "releases", created_ms=0, gate=GATE)
    release = load_release(path)
    assert release.index.lists is not None
    report = json.loads((path / "index.json").read_text())["whole_shop"]
    assert report["recall"] >= 0.5
    assert report["queries"] == "perturbed item vectors"


def test_lists_of_another_release_are_refused(make_parts, tmp_path: Path) -> None:
    one = write_release(make_parts(num_items=2_000), tmp_path / "releases", created_ms=0, gate=GATE)
    two = write_release(make_parts(num_items=2_001), tmp_path / "releases", created_ms=0, gate=GATE)
    (one / "lists.faiss").write_bytes((two / "lists.faiss").read_bytes())
    with pytest.raises(
        ReleaseError, match=r"lists.faiss: inverted lists hold 2001 x 8, expected \(2000, 8\)"
    ):
        load_release(resealed(one))


def test_loading_needs_neither_torch_nor_what_trains(release: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from shopwindow.release.bundle import load_release
load_release(Path({str(release)!r}))
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"numpy", "onnxruntime"} <= loaded
    assert not loaded & {"torch", "lightning", "scipy", "implicit", "onnx"}


def test_the_manifest_names_every_file(release: Path) -> None:
    manifest = read_manifest(release)
    assert sorted(manifest.files) == sorted(FILES)
    assert asdict(manifest)["num_items"] == 30
    assert manifest.total_bytes == sum((release / name).stat().st_size for name in FILES)
