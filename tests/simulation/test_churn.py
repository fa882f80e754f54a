import numpy as np
import pytest

from shopwindow.simulation.chance import Chance
from shopwindow.simulation.churn import DISAPPOINTED, FORGETTING_DAYS, GRACE_DAYS, LEAVING, comes, p_leaves
from shopwindow.simulation.spec import DAY_MS
from shopwindow.simulation.world import World


def test_bad_pages_and_long_gaps_make_leaving_likelier() -> None:
    mood, gap = np.array([1.0, 0.0, 1.0]), np.array([1.0, 1.0, GRACE_DAYS + FORGETTING_DAYS])
    pleased, disappointed, forgotten = p_leaves(mood, gap)
    assert pleased == pytest.approx(LEAVING)
    assert disappointed == pytest.approx(LEAVING + DISAPPOINTED)
    assert forgotten == pytest.approx(1 - (1 - LEAVING) / np.e)


def test_who_left_never_comes_again_and_nobody_leaves_before_a_first_visit(world: World) -> None:
    memory, size = world.new_memory(), len(world.people)
    everyone = np.arange(size)
    start = np.full(size, world.spec.start_ms)
    assert comes(world, memory, (everyone, everyone, start), Chance(1)).all()
    memory.mood[:] = 0.0
    gone = np.zeros(size, dtype=np.bool_)
    for week in range(1, 40):
        there = comes(world, memory, (everyone + week * size, everyone, start + week * 7 * DAY_MS), Chance(1))
        assert not (there & gone).any()
        gone |= ~there
    assert gone.mean() > 0.5
    assert not gone[world.people.bot].any()


def test_mood_is_the_share_of_pages_with_something_to_click(world: World) -> None:
    memory, one = world.new_memory(), np.zeros(1, dtype=np.int64)
    memory.saw_page(one, np.array([False]))
    assert memory.mood[0] == pytest.approx(0.85)
    for _ in range(60):
        memory.saw_page(one, np.array([False]))
    assert memory.mood[0] < 0.01
