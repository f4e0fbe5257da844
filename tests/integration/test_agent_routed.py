"""A cluster of tamada-agents behind the router, polling and watching etcd, and behind a real HAProxy: all of them lead
writers to the leader and readers to the replicas, and in synchronous mode no acknowledged row is lost."""
from contextlib import ExitStack
from typing import Any, Callable, Iterator

import pytest

from cluster import NO_PASSWORDS, Cluster, HAProxy, Node, Proxy, Router, Workload, wait_until

SETTINGS: dict[str, Any] = {**NO_PASSWORDS, "agent": "tamada", "ttl": 20, "loop_wait": 2, "retry_timeout": 5,
                            "synchronous": True}
Proxies = dict[str, Proxy]


@pytest.fixture(autouse=True)
def standby(cluster: Cluster) -> None:
    """Without a synchronous standby nobody may be promoted."""
    def named() -> bool:
        members = cluster.wait_for_leader().get("/cluster")["members"]
        return any(member["role"] == "sync_standby" for member in members)
    wait_until("there is a synchronous standby", named)


@pytest.fixture
def proxies(cluster: Cluster, make_router: Callable[..., Router]) -> Iterator[Proxies]:
    """Each by the name of the table that its writers use."""
    haproxy = HAProxy(cluster, threads=1)
    found: Proxies = {"polling": make_router(cluster, config={"workers": 1}),
                      "watching": make_router(cluster, host=5, config={"workers": 2}, etcd=True),
                      "haproxy": haproxy.start()}
    try:
        for proxy in found.values():
            proxy.wait_ready()
        yield found
    finally:
        haproxy.stop()


def routers(proxies: Proxies) -> list[Router]:
    return [proxy for proxy in proxies.values() if isinstance(proxy, Router)]


def address_of(proxy: Proxy, port: tuple[str, int]) -> str:
    """Of the server behind a new session."""
    session = proxy.connect(port)
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            return str(cursor.fetchone()[0])
    finally:
        session.close()


def leads_right(proxy: Proxy, cluster: Cluster, leader: Node) -> None:
    """Writers reach the leader, and readers each of the replicas and nobody else."""
    def writers() -> set[str]:
        return {address_of(proxy, proxy.write) for _ in range(6)}
    if not isinstance(proxy, Router):  # HAProxy needs three of its looks to see that the former leader is none any more
        wait_until(f"{proxy.name} leads writers to nobody but the leader", lambda: writers() == {leader.address})
    assert writers() == {leader.address}
    replicas = {node.address for node in cluster.nodes if node is not leader}
    wait_until(f"{proxy.name} leads readers to all replicas",
               lambda: {address_of(proxy, proxy.read) for _ in range(12)} == replicas)


def check(cluster: Cluster, proxies: Proxies, change: Callable[[], Node]) -> dict[str, Workload]:
    """Writers write through all of them while `change`, which gives the new leader back, changes the leader."""
    with ExitStack() as stack:
        loads = {name: stack.enter_context(Workload(cluster, proxy, sessions=1, connecting=1, table=f"load_{name}"))
                 for name, proxy in proxies.items()}
        leader = change()
        for load in loads.values():
            load.wait_for_writes()
    for name, load in loads.items():
        report = load.report()
        assert load.missing(report) == set(), f"{name}: {report.describe()}"
        if isinstance(proxies[name], Router):
            assert report.errors_on_new_connections() == [], f"{name}: {report.describe()}"
            assert report.most_errors_of_a_session() == 1, f"{name}: {report.describe()}"
    for router in routers(proxies):
        assert router.leader() == leader.name
        assert router.listener("write")["held"] == 0
    return loads


def test_writers_reach_the_leader_and_readers_the_replicas(cluster: Cluster, proxies: Proxies) -> None:
    leader = cluster.wait_for_leader()
    for proxy in proxies.values():
        leads_right(proxy, cluster, leader)
    for router in routers(proxies):
        assert router.leader() == leader.name
        roles = {node["name"]: node["role"] for node in router.status()["nodes"]}
        assert roles.pop(leader.name) == "leader" and sorted(roles.values()) == ["replica", "sync standby"], roles


def test_a_switchover_loses_no_row(cluster: Cluster, proxies: Proxies) -> None:
    before = cluster.wait_for_leader()
    check(cluster, proxies, lambda: cluster.switchover())
    after = cluster.wait_for_leader()
    assert after is not before
    # The agent writes the key by which a router that watches etcd holds new writers before the leader stops.
    told = {name: "switchover.announced" in proxy.log_text() for name, proxy in proxies.items()
            if isinstance(proxy, Router)}
    assert told == {"polling": False, "watching": True}
    cluster.wait_healthy()
    for proxy in proxies.values():
        leads_right(proxy, cluster, after)


def test_the_death_of_the_leaders_node_loses_no_row(cluster: Cluster, proxies: Proxies) -> None:
    before = cluster.wait_for_leader()

    def change() -> Node:
        before.kill9()
        return cluster.wait_for_leader(other_than=before)
    check(cluster, proxies, change)
    after = cluster.wait_for_leader()
    # The lost node comes back as a replica, and is read from again.
    before.start()
    cluster.wait_healthy()
    for proxy in proxies.values():
        leads_right(proxy, cluster, after)
