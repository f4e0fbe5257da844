"""Names that do not exist yet, and nodes that return at another address: nothing is ever reloaded."""
import threading
from typing import Any, Callable, Iterator

import pytest

from cluster import Cluster, Router, wait_until
from cluster.names import NEEDS, Names, possible

pytestmark = pytest.mark.skipif(not possible(), reason=NEEDS)

SETTINGS = {"ttl": 20, "loop_wait": 2, "retry_timeout": 3}
MakeRouter = Callable[..., Router]


@pytest.fixture
def names(module_cluster: Cluster) -> Iterator[Names]:
    server = Names(module_cluster.network, module_cluster.folder)
    yield server
    server.stop()


def named(cluster: Cluster) -> dict[str, str]:
    return {node.name: f"{node.name}.test" for node in cluster.nodes}


def announce(names: Names, cluster: Cluster) -> None:
    for node in cluster.nodes:
        names.set(f"{node.name}.test", node.address)


def server_address(router: Router, port: tuple[str, int]) -> str:
    connection = router.connect(port)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


def test_a_replica_that_returns_at_another_address_is_used_again(cluster: Cluster, names: Names,
                                                                 make_router: MakeRouter) -> None:
    announce(names, cluster)
    router = make_router(cluster, names=named(cluster), prefix=names.prefix())
    router.wait_ready()
    node = cluster.replicas()[0]
    moved = cluster.network.address(100)

    names.remove(f"{node.name}.test")  # as a container's name while it is gone
    node.restart(address=moved)
    names.set(f"{node.name}.test", moved)

    wait_until("readers at the new address", lambda: server_address(router, router.read) == moved)


def test_a_leader_that_returns_at_another_address_can_lead_again(cluster: Cluster, names: Names,
                                                                 make_router: MakeRouter) -> None:
    announce(names, cluster)
    router = make_router(cluster, names=named(cluster), prefix=names.prefix())
    router.wait_ready()
    node = cluster.wait_for_leader()
    moved = cluster.network.address(101)

    names.remove(f"{node.name}.test")
    node.restart(address=moved)
    names.set(f"{node.name}.test", moved)
    cluster.wait_healthy()
    if cluster.wait_for_leader() is not node:
        cluster.switchover(node)

    wait_until("writers at the new address", lambda: server_address(router, router.write) == moved)
    assert router.node(node.name)["address"].startswith(moved)


def test_the_router_may_start_before_any_node_exists(make_cluster: Callable[..., Cluster], names: Names,
                                                     make_router: MakeRouter) -> None:
    cluster = make_cluster(nodes=2)
    router = make_router(cluster, names=named(cluster), prefix=names.prefix())
    assert router.code("/health") == 200
    assert router.code("/ready?leader") != 200
    found: list[Any] = []

    def client() -> None:
        found.append(server_address(router, router.write))
    waiting = threading.Thread(target=client)
    waiting.start()
    wait_until("the client is held", lambda: router.listener("write")["held"] == 1)

    cluster.start()
    announce(names, cluster)
    waiting.join(timeout=60)

    assert found == [cluster.wait_for_leader().address]
    router.wait_ready()
    assert router.code("/ready?leader") == 200
