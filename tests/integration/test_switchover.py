"""A planned switchover under load: nobody who connects sees an error, and no acknowledged row is missing."""
from typing import Any, Callable

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until

SETTINGS = NO_PASSWORDS
MakeRouter = Callable[..., Router]


@pytest.mark.parametrize("options", [
    pytest.param({"config": {"workers": 1}}, id="polling, one worker"),
    pytest.param({"config": {"workers": 2}, "etcd": True}, id="watching etcd, two workers"),
])
def test_new_connections_wait_and_open_sessions_end_once(cluster: Cluster, make_router: MakeRouter,
                                                         options: dict[str, Any]) -> None:
    router = make_router(cluster, **options)
    router.wait_ready()
    before = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        after = cluster.switchover()
        load.wait_for_writes()
    report = load.report()

    assert after.name != before.name
    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()  # each session to the old leader is cut, once
    assert load.missing(report) == set()
    assert router.leader() == after.name
    assert router.listener("write")["held"] == 0
    # Patroni's failover key told before the leader acted; without etcd nobody does.
    assert ("switchover.announced" in router.log_text()) == options.get("etcd", False)


def test_a_switchover_to_a_named_node_and_back(cluster: Cluster, router: Router) -> None:
    first = cluster.wait_for_leader()
    second = cluster.replicas()[0]

    with Workload(cluster, router) as load:
        assert cluster.switchover(second) is second
        load.wait_for_writes()
        cluster.wait_healthy()
        assert cluster.switchover(first) is first
        load.wait_for_writes()
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() <= 2, report.describe()  # one for each of the two switchovers
    assert load.missing(report) == set()


def test_readers_go_on_while_the_leader_changes(cluster: Cluster, router: Router) -> None:
    new_leader = cluster.replicas()[0]
    staying = next(node for node in cluster.replicas() if node is not new_leader)

    def session_on(address: str) -> Any:
        """A session through the read port on the node with this address."""
        session = router.connect(router.read)
        with session.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            if cursor.fetchone()[0] == address:
                return session
        session.close()
        return None
    on_staying = wait_until("a reader on the replica that stays", lambda: session_on(staying.address))
    on_new_leader = wait_until("a reader on the coming leader", lambda: session_on(new_leader.address))

    cluster.switchover(new_leader)
    router.wait_ready()

    # A promotion drains by default (on_promote): old readers stay where they are, new ones go to replicas.
    for session in (on_staying, on_new_leader):
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
        session.close()
    assert router.serves(router.read, in_recovery=True)
