from hypothesis import given
from hypothesis import strategies as st

from shopwindow.schema.categories import CategoryTree

PATHS = st.lists(st.lists(st.sampled_from("abc!-"), max_size=4).map("/".join), max_size=20)


def test_a_parent_comes_right_before_its_children() -> None:
    tree = CategoryTree.of(["women/shoes/boots", "men", "women/coats", "women-x"])
    assert tree.paths == ("", "men", "women", "women/coats", "women/shoes", "women/shoes/boots", "women-x")
    assert tree.parent.tolist() == [-1, 0, 0, 2, 2, 4, 0]
    assert tree.end.tolist() == [7, 2, 6, 4, 6, 6, 7]


def test_empty_parts_do_not_count() -> None:
    tree = CategoryTree.of(["//a//b/", "a"])
    assert tree.paths == ("", "a", "a/b")
    assert tree.clean("/a//b/") == "a/b"


def test_no_paths_leave_the_root() -> None:
    tree = CategoryTree.of([])
    assert (tree.paths, tree.parent.tolist(), tree.end.tolist()) == (("",), [-1], [1])


def test_ancestors_lead_to_the_root() -> None:
    tree = CategoryTree.of(["a/b/c"])
    assert [tree.paths[node] for node in tree.ancestors(tree.codes()["a/b/c"])] == ["a/b/c", "a/b", "a", ""]


def test_another_separator() -> None:
    assert CategoryTree.of(["a.b/c"], ".").paths == ("", "a", "a.b/c")


@given(PATHS)
def test_descendants_are_exactly_one_range(paths: list[str]) -> None:
    tree = CategoryTree.of(paths)
    for node, path in enumerate(tree.paths):
        below = [
            k
            for k, other in enumerate(tree.paths)
            if not path or other == path or other.startswith(path + "/")
        ]
        assert below == list(range(node, int(tree.end[node])))
