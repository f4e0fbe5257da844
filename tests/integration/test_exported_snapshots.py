"""Programs whose sessions must all reach the same server, since they share a snapshot: pg_dump -j, and whoever uses
pg_export_snapshot(). Through a port with several servers they need `balance: source`."""
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest

from cluster import Cluster, Router, wait_until
from cluster.process import POSTGRES_BIN

SETTINGS = {"nodes": 3}
TABLES = 6
MakeRouter = Callable[..., Router]


def reading(cluster: Cluster, make_router: MakeRouter, balance: str) -> Router:
    router = make_router(cluster, config={"listeners": {"read": {"balance": balance, "otherwise": "none"}}})
    router.wait_ready()
    wait_until("both replicas are fit", lambda: sum(
        node["role"] == "replica" and node["state"] in ("running", "streaming")
        for node in router.status()["nodes"]) == 2)
    return router


def ask(session: Any, query: str) -> str:
    with session.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def import_snapshot(router: Router) -> str:
    """What a second session sees of a table, in the snapshot that a first one exported."""
    exporting, importing = router.connect(router.read), router.connect(router.read)
    try:
        for session in (exporting, importing):
            session.autocommit = False
            session.set_session(isolation_level="REPEATABLE READ", readonly=True)
        snapshot = ask(exporting, "SELECT pg_export_snapshot()")
        with importing.cursor() as cursor:
            cursor.execute("SET TRANSACTION SNAPSHOT %s", (snapshot,))
        return ask(importing, "SELECT count(*) FROM dumped_1")
    finally:
        exporting.close()
        importing.close()


@pytest.fixture
def tables(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, host=5)
    router.wait_ready()
    with router.connect() as session, session.cursor() as cursor:
        for number in range(1, TABLES + 1):
            cursor.execute(f"CREATE TABLE IF NOT EXISTS dumped_{number} AS SELECT generate_series(1, 1000) AS n")
        cursor.execute("SELECT pg_current_wal_lsn()")
        position = str(cursor.fetchone()[0])
    for node in cluster.replicas():
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"
        wait_until(f"{node.name} has the tables", lambda: cluster.sql(reached, node)[0][0])


def test_with_balance_source_pg_dump_works_in_parallel(cluster: Cluster, make_router: MakeRouter, tables: None,
                                                       tmp_path: Path) -> None:
    router = reading(cluster, make_router, "source")
    assert len(cluster.replicas()) == 2
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        done = subprocess.run([f"{POSTGRES_BIN}/pg_dump", "-j", "3", "-Fd", "-t", "dumped_*", "-f", str(folder)],
                              env={**os.environ, **router.environment(router.read)}, capture_output=True, text=True,
                              timeout=120)
        assert done.returncode == 0, done.stderr
        assert len(list(folder.glob("*.dat.gz"))) == TABLES
    # It had four sessions each time, and all reached the same server.
    def nodes() -> list[str]:
        return re.findall(r"session\.end .*node=(\S+) .*application=pg_dump ", router.log_text())
    wait_until("all twelve are in the log", lambda: len(nodes()) >= 12)
    assert len(set(nodes())) == 1


def test_with_balance_source_an_exported_snapshot_can_be_imported(cluster: Cluster, make_router: MakeRouter,
                                                                  tables: None) -> None:
    assert import_snapshot(reading(cluster, make_router, "source")) == "1000"


def test_with_least_connections_the_second_session_is_elsewhere(cluster: Cluster, make_router: MakeRouter,
                                                                tables: None) -> None:
    """What the documentation warns of."""
    with pytest.raises(psycopg2.Error, match="invalid snapshot identifier|does not exist"):
        import_snapshot(reading(cluster, make_router, "leastconn"))
