"""With Patroni's synchronous_mode no acknowledged write may be missing, whatever happens to the leader."""
import signal

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until

SETTINGS = {**NO_PASSWORDS, "ttl": 20, "loop_wait": 2, "retry_timeout": 3, "synchronous": True}


@pytest.fixture(autouse=True)
def standby(cluster: Cluster) -> None:
    """Without a synchronous standby Patroni promotes nobody, and it takes a while to name one."""
    def named() -> bool:
        members = cluster.wait_for_leader().get("/cluster")["members"]
        return any(member["role"] == "sync_standby" for member in members)
    wait_until("there is a synchronous standby", named)


def test_nothing_acknowledged_is_lost_with_the_leaders_node(cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        leader.kill9()
        cluster.wait_for_leader(other_than=leader)
        load.wait_for_writes()
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()
    assert load.missing(report) == set()


def test_a_paused_leader_gets_no_writes_when_it_goes_on(cluster: Cluster, router: Router) -> None:
    """As a virtual machine that is paused: its sockets stay open, and when it goes on its PostgreSQL is a primary as
    before. Patroni does not go on with it: Debian's 3.0.2 may take the lock back from its successor then (it writes the
    leader key without a comparison), and lose rows whatever a router does."""
    leader = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        leader.pause()
        successor = cluster.wait_for_leader(other_than=leader)
        load.wait_for_writes()
        assert leader.server
        leader.server.signal(signal.SIGKILL)
        leader.resume()
        assert cluster.sql("SELECT pg_is_in_recovery()", leader) == [(False,)]
        load.wait_for_writes(rows=100)  # one that landed on the old leader would wait there for a standby, for ever
        assert router.leader() == successor.name
        leader.kill9()
        leader.start()
        cluster.wait_healthy()
        load.wait_for_writes()
        assert router.leader() == successor.name
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()
    assert load.missing(report) == set()
