"""The read port: spread over replicas, away from one that lags, to the leader when no replica is left."""
import collections
import subprocess
import os
from typing import Any, Callable

from cluster import Cluster, Node, Router, wait_until

MakeRouter = Callable[..., Router]


def address_of(session: Any) -> str:
    with session.cursor() as cursor:
        cursor.execute("SELECT host(inet_server_addr())")
        return str(cursor.fetchone()[0])


def landings(router: Router, count: int) -> collections.Counter[str]:
    """Where `count` sessions, open at the same time, land."""
    sessions = [router.connect(router.read) for _ in range(count)]
    found = collections.Counter(address_of(session) for session in sessions)
    for session in sessions:
        session.close()
    return found


def session_on(router: Router, node: Node) -> Any:
    def one() -> Any:
        session = router.connect(router.read)
        if address_of(session) == node.address:
            return session
        session.close()
        return None
    return wait_until(f"a reader on {node.name}", one)


def test_readers_are_spread_over_the_replicas_by_least_connections(cluster: Cluster, router: Router) -> None:
    wait_until("both replicas are used", lambda: len(landings(router, 4)) == 2)
    assert landings(router, 10) == {node.address: 5 for node in cluster.replicas()}


def test_an_analytic_query_goes_on_while_its_replica_lags(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"listeners": {"read": {"max_lag": "1MB"}}})
    router.wait_ready()
    lagging, other = cluster.replicas()[:2]
    session = session_on(router, lagging)
    with session.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("DECLARE report CURSOR FOR SELECT generate_series(1, 1000)")
        cursor.execute("FETCH 10 FROM report")

    cluster.sql("SELECT pg_wal_replay_pause()", lagging)
    cluster.sql("DROP TABLE IF EXISTS filler; CREATE TABLE filler AS "
                "SELECT repeat('x', 1000) AS text FROM generate_series(1, 5000)")
    wait_until("new readers go to the other replica only", lambda: set(landings(router, 4)) == {other.address})

    with session.cursor() as cursor:  # drained, not cut
        cursor.execute("FETCH ALL FROM report")
        assert len(cursor.fetchall()) == 990
    session.close()

    cluster.sql("SELECT pg_wal_replay_resume()", lagging)
    wait_until("it is used again", lambda: len(landings(router, 4)) == 2)


def test_readers_go_to_the_leader_when_no_replica_is_left(cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()
    for node in cluster.replicas():
        node.stop()
    wait_until("readers on the leader", lambda: set(landings(router, 2)) == {leader.address})

    for node in cluster.nodes:
        if node is not leader:
            node.start()
    cluster.wait_healthy()
    wait_until("readers on the replicas again", lambda: leader.address not in landings(router, 4))


def test_a_slow_reader_is_not_cut(cluster: Cluster, make_router: MakeRouter) -> None:
    """It takes nothing for longer than any check or time limit of this router, then everything."""
    router = make_router(cluster, config={"checks": {"timeout": "1s", "expire": "3s"}, "listeners": {
        "read": {"startup_timeout": "1s", "connect_timeout": "1s", "hold": "1s"}}})
    reader = subprocess.Popen(
        ["psql", "-Atc", "COPY (SELECT repeat('x', 999) FROM generate_series(1, 200000)) TO STDOUT"],
        env={**os.environ, **router.environment(router.read)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert reader.stdout and reader.stderr
    first = reader.stdout.read(1000)
    wait_until("the router has had a session twice as long as its longest limit",
               lambda: any(one["age_ms"] > 6000 for one in router.sessions()))
    rest = reader.stdout.read()
    assert reader.wait() == 0, reader.stderr.read()
    assert len(first) + len(rest) == 200000 * 1000
    reader.stdout.close()
    reader.stderr.close()
