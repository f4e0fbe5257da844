"""With Patroni's synchronous_mode no acknowledged write may be missing, whatever happens to the leader."""
from cluster import NO_PASSWORDS, Cluster, Router, Workload

SETTINGS = {**NO_PASSWORDS, "ttl": 20, "loop_wait": 2, "retry_timeout": 3, "synchronous": True}


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
    """As a virtual machine that is paused: its sockets stay open, and when it goes on it believes that it leads."""
    leader = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        leader.pause()
        successor = cluster.wait_for_leader(other_than=leader)
        load.wait_for_writes()
        leader.resume()
        load.wait_for_writes(rows=100)
        cluster.wait_healthy()
        load.wait_for_writes()
        assert router.leader() == successor.name
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()
    assert load.missing(report) == set()
