"""One tiny world and its files, made once: tests only read them."""

import pytest

from shopwindow.simulation.generator import SimulationReport, simulate
from shopwindow.simulation.spec import WorldSpec, tiny
from shopwindow.simulation.world import World


@pytest.fixture(scope="session")
def spec() -> WorldSpec:
    return tiny()


@pytest.fixture(scope="session")
def world(spec: WorldSpec) -> World:
    return World.of(spec)


@pytest.fixture(scope="session")
def report(spec: WorldSpec, tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate(spec, tmp_path_factory.mktemp("sim"))
