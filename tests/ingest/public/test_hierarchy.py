from shopwindow.ingest.public.hierarchy import paths_of


def test_a_name_lies_in_the_rarest_other_that_all_its_items_have() -> None:
    names = {
        "iron": ["Irons", "Beauty", "Hair"],
        "comb": ["Hair", "Beauty"],
        "soap": ["Beauty", "Body"],
    }
    assert paths_of(names) == {
        "iron": ["Beauty/Hair/Irons"],
        "comb": ["Beauty/Hair"],
        "soap": ["Beauty/Body"],
    }


def test_an_item_in_two_places_has_two_paths_the_longest_first() -> None:
    names = {
        "case": ["Phones", "Cases", "Batteries", "Chargers"],
        "cover": ["Phones", "Cases"],
        "cell": ["Phones", "Batteries"],
        "plug": ["Phones", "Batteries", "Chargers"],
    }
    assert paths_of(names, ">")["case"] == ["Phones>Batteries>Chargers", "Phones>Cases"]


def test_names_that_always_come_together_are_one_path_and_none_is_no_path() -> None:
    assert paths_of({"a": ["y", "x"], "b": ["x", "y"], "c": []}) == {"a": ["y/x"], "b": ["y/x"], "c": []}
