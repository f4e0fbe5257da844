"""A leader's postmaster, or its whole node, is killed with -9 under load; the node returns."""
from cluster import NO_PASSWORDS, Cluster, Report, Router, Workload, wait_until

# 20 s is Patroni's least ttl. The time until another node is promoted is Patroni's; nothing here asserts one.
SETTINGS = {**NO_PASSWORDS, "ttl": 20, "loop_wait": 2, "retry_timeout": 3}
AT_ONCE = 1.0  # seconds within which acknowledgements may come in another order than the commits


def test_a_killed_postmaster_costs_no_new_connection(cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        leader.kill_postmaster()
        load.wait_for_writes()
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()
    # Patroni has restarted it in place, which loses nothing, or promoted another, which may lack what was last written.
    if cluster.wait_for_leader() is leader:
        assert load.missing(report) == set()
    else:
        assert_only_the_last_rows_are_missing(load, report)


def test_a_killed_node_costs_no_new_connection_and_serves_readers_when_it_is_back(
        cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()

    with Workload(cluster, router) as load:
        leader.kill9()
        cluster.wait_for_leader(other_than=leader)
        load.wait_for_writes()
        report = load.report()
        assert report.errors_on_new_connections() == [], report.describe()
        assert report.most_errors_of_a_session() == 1, report.describe()

        leader.start()
        cluster.wait_healthy()
        readers = wait_until("the node that returned has readers", lambda: on_node(router, leader.address))
        assert readers == leader.address
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert report.most_errors_of_a_session() == 1, report.describe()  # the return has disturbed nobody
    assert_only_the_last_rows_are_missing(load, report)


def test_a_killed_replica_costs_readers_only_their_own_sessions(cluster: Cluster, router: Router) -> None:
    replica, other = cluster.replicas()[:2]
    wait_until("readers on both", lambda: on_node(router, replica.address) and on_node(router, other.address))

    with Workload(cluster, router) as load:
        replica.kill9()
        for _ in range(30):
            assert on_node(router) in (other.address, cluster.wait_for_leader().address)
        load.wait_for_writes()
    report = load.report()

    assert report.failures == [], report.describe()


def assert_only_the_last_rows_are_missing(load: Workload, report: Report) -> None:
    """Replication is asynchronous here: what only the killed node had is lost, that is the end of what it acknowledged,
    and nothing that was acknowledged before something that is there. With synchronous_mode nothing may be lost
    (test_no_loss.py)."""
    missing = load.missing(report)
    if not missing:
        return
    last = max(report.acknowledged[row] for row in missing)
    first = min(report.acknowledged[row] for row in missing)
    # Writers commit side by side: rows of one moment come in any order.
    there_between = [row for row, time in report.acknowledged.items()
                     if first + AT_ONCE < time < last and row not in missing]
    assert there_between == [], f"{len(missing)} rows are missing, among others that are there"


def on_node(router: Router, wanted: str | None = None) -> str | None:
    """Where a new session through the read port lands; None when `wanted` is given and it is elsewhere."""
    connection = router.connect(router.read)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            address = str(cursor.fetchone()[0])
    finally:
        connection.close()
    return address if wanted in (None, address) else None
