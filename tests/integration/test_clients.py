"""Real clients: psql, pgbench, psycopg2 and libpq with TLS, and cancel requests that find their server."""
import collections
import os
import subprocess
import threading
from typing import Callable

import psycopg2
import pytest

from cluster import Cluster, Router, Workload, wait_until
from cluster.proxy import Address

SETTINGS = {"tls": True}
MakeRouter = Callable[..., Router]


def run(router: Router, port: Address, *command: str, **more: str) -> str:
    """Runs a PostgreSQL program against `port`; gives its output back."""
    done = subprocess.run(command, env={**os.environ, **router.environment(port), **more}, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def test_psql_on_both_ports(router: Router) -> None:
    assert run(router, router.write, "psql", "-Atc", "SELECT pg_is_in_recovery()") == "f\n"
    assert run(router, router.read, "psql", "-Atc", "SELECT pg_is_in_recovery()") == "t\n"


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_libpq_with_each_sslmode(router: Router, mode: str) -> None:
    for port in (router.write, router.read):
        connection = router.connect(port, sslmode=mode)
        with connection.cursor() as cursor:
            cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            assert cursor.fetchone() == (mode != "disable",)
        connection.close()


def test_tls_passes_through_so_that_channel_binding_works(router: Router) -> None:
    """SCRAM-SHA-256-PLUS proves that nobody on the way has ended the TLS session."""
    router.connect(router.write, sslmode="require", channel_binding="require").close()


def test_pgbench_writes_and_reads(cluster: Cluster, router: Router) -> None:
    run(router, router.write, "pgbench", "-q", "-i", "-s", "1")
    written = run(router, router.write, "pgbench", "-n", "-c", "4", "-T", "2", PGSSLMODE="require")
    assert "number of failed transactions: 0" in written
    cluster.wait_for_replicas(2)
    connected = run(router, router.read, "pgbench", "-n", "-S", "-C", "-c", "4", "-t", "20", PGSSLMODE="disable")
    assert "number of transactions actually processed: 80/80" in connected


@pytest.mark.parametrize("mode", ["disable", "require"])
def test_a_cancel_request_reaches_the_session_it_is_for(make_router: MakeRouter, cluster: Cluster, mode: str) -> None:
    """PQcancel opens a connection of its own, which may land on any worker, and has no session there. With TLS the
    router has not seen the key and asks every server of the listener."""
    router = make_router(cluster, config={"workers": 2})
    router.wait_ready()
    sessions = [router.connect(router.read, sslmode=mode) for _ in range(6)]
    cancelled: list[int] = []

    def sleep(number: int) -> None:
        try:
            with sessions[number].cursor() as cursor:
                cursor.execute("SELECT pg_sleep(120)")
        except psycopg2.extensions.QueryCanceledError:
            cancelled.append(number)
    threads = [threading.Thread(target=sleep, args=(number,), daemon=True) for number in range(len(sessions))]
    for thread in threads:
        thread.start()
    pids = [session.info.backend_pid for session in sessions]
    wait_until("all sleep", lambda: sleeping(cluster, pids) == len(pids))

    # One at a time: a cancel must hit its own session and no other.
    for expected, number in enumerate((3, 0, 5, 1, 4, 2), start=1):
        sessions[number].cancel()
        wait_until("the session is cancelled", lambda: number in cancelled)
        assert len(cancelled) == expected
    for thread in threads:
        thread.join()
    for session in sessions:
        with session.cursor() as cursor:  # a cancelled statement ends no session
            cursor.execute("SELECT 1")
        session.close()


def sleeping(cluster: Cluster, pids: list[int]) -> int:
    """How many of these backends, over all nodes, are in pg_sleep."""
    total = 0
    for node in cluster.nodes:
        rows = cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = 'app'"
                           f" AND pid = ANY('{{{','.join(map(str, pids))}}}')", node)
        total += rows[0][0]
    return total


def test_a_session_may_be_idle_and_then_go_on(router: Router) -> None:
    connection = router.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(3)")  # longer than every check's interval and expiry
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    connection.close()


def test_bulk_data_arrives_whole_both_ways(router: Router) -> None:
    import hashlib
    import io
    rows = "".join(f"{number}\t{hashlib.sha256(str(number).encode()).hexdigest() * 8}\n" for number in range(40000))
    connection = router.connect()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bulk (number int, text text)")
        cursor.copy_expert("COPY bulk FROM STDIN", io.StringIO(rows))
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT * FROM bulk ORDER BY number) TO STDOUT", out)
    connection.close()
    assert out.getvalue() == rows


@pytest.mark.parametrize("mode", ["disable", "require"])
def test_a_switchover_costs_nobody_more_than_one_error(cluster: Cluster, router: Router, mode: str) -> None:
    """With passwords, with and without TLS: a session that was proving its password to the old leader is lost like
    one that was open. After that everybody waits for the new leader. Inside TLS the old leader may also say that it
    is shutting down, for the moment until the router has asked it; the router cannot read that."""
    with Workload(cluster, router, sslmode=mode) as load:
        cluster.switchover()
        load.wait_for_writes()
    report = load.report()

    inside_tls = [failure for failure in report.failures if mode == "require" and "shutting down" in failure.text]
    lost = collections.Counter(failure.writer for failure in report.failures if failure not in inside_tls)
    assert max(lost.values()) == 1, report.describe()
    assert not [failure for failure in report.failures if failure.phase == "wrong"], report.describe()
    assert load.missing(report) == set()
