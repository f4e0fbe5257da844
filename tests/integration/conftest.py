"""Fixtures: one real cluster per file, healthy before each test, and a fresh router in front of it.

A file says what it needs of its cluster in `SETTINGS` (see cluster.patroni_config.Settings). The variables
TAMADA_ROUTER (the program), TAMADA_TEST_DIR (where clusters lie) and TAMADA_KEEP=1 (leave them there) help by hand.
"""
import os
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from cluster import Cluster, Router, router_program  # noqa: E402


@pytest.fixture(scope="module")
def module_cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with Cluster(**getattr(request.module, "SETTINGS", {})) as cluster:
        yield cluster


@pytest.fixture
def cluster(module_cluster: Cluster) -> Cluster:
    """All nodes run and stream, whatever the test before has done."""
    for node in module_cluster.nodes:
        if node.server is None or not node.server.running():
            node.start()
        node.resume()
    module_cluster.wait_healthy()
    return module_cluster


@pytest.fixture
def make_cluster() -> Iterator[Callable[..., Cluster]]:
    """make_cluster(...) gives a cluster of the test's own that is not started yet; it ends with the test."""
    clusters: list[Cluster] = []

    def make(**settings: Any) -> Cluster:
        clusters.append(Cluster(**settings))
        return clusters[-1]
    yield make
    for cluster in clusters:
        cluster.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a router its tests are skipped, before any server starts; not when ctest has named one."""
    if router_program().exists():
        return
    if "TAMADA_ROUTER" in os.environ:
        pytest.exit(f"TAMADA_ROUTER={router_program()} does not exist", returncode=1)
    for item in items:
        if "make_router" in getattr(item, "fixturenames", []):
            item.add_marker(pytest.mark.skip(reason=f"{router_program()} does not exist: make build"))


@pytest.fixture
def make_router(request: pytest.FixtureRequest) -> Iterator[Callable[..., Router]]:
    """make_router(cluster, ...) starts a router that ends with the test. Give `host` to have a second one."""
    routers: list[Router] = []

    def make(cluster: Cluster, **options: Any) -> Router:
        router = Router(cluster, **options)
        router.log.unlink(missing_ok=True)
        routers.append(router)
        return router.start()
    request.node.stash[ROUTERS] = routers
    yield make
    for router in routers:
        router.stop()


@pytest.fixture
def router(make_router: Callable[..., Router], cluster: Cluster) -> Router:
    """A router with the usual settings that knows leader and replicas."""
    router = make_router(cluster)
    router.wait_ready()
    return router


ROUTERS: pytest.StashKey[list[Router]] = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test shows the end of its routers' logs."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for router in item.stash.get(ROUTERS, []):
            if router.log.exists():
                report.sections.append((f"log of {router.log.name}", "\n".join(router.log_text().splitlines()[-80:])))
