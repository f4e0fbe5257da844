"""A replica that loses its stream goes on to say "running" and serves ever older rows. Listeners can refuse that."""
from typing import Any, Callable

import pytest

from cluster import Cluster, Router, wait_until
from cluster.network import free_port
from cluster.patroni_config import REPLICATION

SETTINGS = {"loop_wait": 2}


@pytest.fixture
def ports(cluster: Cluster) -> dict[str, tuple[str, int]]:
    address = cluster.network.address(1)
    return {name: (address, free_port(address, port)) for name, port in
            [("fresh", 5002), ("young", 5003), ("near", 5004)]}


@pytest.fixture
def router(cluster: Cluster, make_router: Callable[..., Router], ports: dict[str, tuple[str, int]]) -> Router:
    wants: dict[str, dict[str, Any]] = {
        "fresh": {"to": "replica", "require_streaming": True},
        "young": {"to": "replica", "max_lag": "5s"},
        "near": {"to": ["sync", "replica", "leader"], "require_streaming": True},
    }
    router = make_router(cluster, config={"listeners": {
        name: {"bind": "%s:%d" % ports[name], **want} for name, want in wants.items()}})
    router.wait_ready()
    return router


def test_a_replica_without_a_stream_is_shown_so_and_gets_no_readers_where_that_is_wanted(
        cluster: Cluster, router: Router, ports: dict[str, tuple[str, int]]) -> None:
    cut_off, other = cluster.replicas()[:2]
    for name, port in ports.items():
        wait_until(f"{name} leads to both", lambda: landings(router, port) == {cut_off.address, other.address})

    cluster.sql(f"ALTER ROLE {REPLICATION[0]} NOREPLICATION")
    cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE application_name = '{cut_off.name}'")
    wait_until("the router sees that it does not stream",
               lambda: write(cluster) and replication(router, cut_off.name) == "not streaming")
    wait_until("it is too old for young", lambda: write(cluster) and not fit(router, "young", cut_off.name))
    assert cut_off.is_streaming_replica()  # for Patroni it runs
    assert replication(router, other.name) != "not streaming"
    for port in ports.values():
        assert landings(router, port) == {other.address}
    assert cut_off.address in landings(router, router.read)  # nobody asked for more there

    cluster.sql(f"ALTER ROLE {REPLICATION[0]} REPLICATION")
    for name, port in ports.items():
        wait_until(f"{name} leads to it again", lambda: write(cluster) and cut_off.address in landings(router, port))
    assert replication(router, cut_off.name) != "not streaming"


def test_a_reserve_takes_the_sessions_when_nobody_better_is_there(
        cluster: Cluster, router: Router, ports: dict[str, tuple[str, int]]) -> None:
    leader = cluster.wait_for_leader()
    replicas = cluster.replicas()
    for replica in replicas:
        replica.stop()
    wait_until("the leader, the last entry, takes the sessions",
               lambda: landings(router, ports["near"]) == {leader.address})
    for replica in replicas:
        replica.start()
    cluster.wait_healthy()
    wait_until("a replica takes them again",
               lambda: landings(router, ports["near"]) <= {replica.address for replica in replicas})


def write(cluster: Cluster) -> bool:
    """Moves the leader on. Always true."""
    cluster.sql("SELECT pg_logical_emit_message(false, 'test', 'on')")
    return True


def node(router: Router, name: str) -> dict[str, Any]:
    return next(node for node in router.state()["nodes"] if node["name"] == name)


def replication(router: Router, name: str) -> str:
    return str(node(router, name)["replication"])


def fit(router: Router, listener: str, name: str) -> bool:
    return bool(node(router, name)["listeners"][listener]["eligible"])


def landings(router: Router, port: tuple[str, int]) -> set[str]:
    """The addresses of the servers that four sessions, open at the same time, get."""
    sessions = [router.connect(port) for _ in range(4)]
    found = set()
    for session in sessions:
        with session.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            found.add(str(cursor.fetchone()[0]))
    for session in sessions:
        session.close()
    return found
