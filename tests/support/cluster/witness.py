"""Writers on every node at once, and what they were told: at no moment may two nodes take writes."""
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg2

from .cluster import Cluster
from .node import Node
from .patroni_config import SUPERUSER
from .wait import wait_until

INSERT = ("INSERT INTO {} VALUES (%s, %s)"
          " RETURNING ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int")


@dataclass(frozen=True)
class Row:
    """One that was acknowledged: its commit lies between the two moments."""
    node: str
    number: int
    timeline: int
    begun: float
    done: float


class Writer(threading.Thread):
    """Writes to one node without a pause, a session for each row, as long as it takes any."""

    def __init__(self, node: Node, table: str) -> None:
        super().__init__(daemon=True)
        self.node, self.table = node, table
        self.rows: list[Row] = []
        self._ends = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._ends.is_set():
            number += 1
            begun = time.monotonic()
            try:
                timeline = self._write(number)
                self.rows.append(Row(self.node.name, number, timeline, begun, time.monotonic()))
            except psycopg2.Error:
                self._ends.wait(0.02)

    def _write(self, number: int) -> int:
        user, password = SUPERUSER
        connection = psycopg2.connect(host=self.node.address, port=self.node.postgres_port, user=user,
                                      password=password, dbname="postgres", connect_timeout=2)
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(INSERT.format(self.table), (self.node.name, number))
            return int(cursor.fetchone()[0])
        finally:
            connection.close()

    def end(self) -> None:
        self._ends.set()
        self.join(60)
        assert not self.is_alive(), f"a session on {self.node.name} hangs"


class Witness:
    """Use it as a context manager around what is done to the cluster; the writers write meanwhile.

        with Witness(cluster) as witness:
            leader.kill9()
            after = witness.wait_for_rows(other_than=leader)
        witness.check()
    """

    def __init__(self, cluster: Cluster, table: str = "witnessed") -> None:
        self._cluster, self._table = cluster, table
        self._writers = [Writer(node, table) for node in cluster.nodes]

    def __enter__(self) -> "Witness":
        table = self._table
        self._cluster.sql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (node text, number int)")
        for writer in self._writers:
            writer.start()
        self.wait_for_rows(self._cluster.wait_for_leader())
        return self

    def __exit__(self, *_: Any) -> None:
        for writer in self._writers:
            writer._ends.set()  # all at once: none waits for the others' ends
        for writer in self._writers:
            writer.end()

    def of(self, node: Node) -> list[Row]:
        return list(next(writer.rows for writer in self._writers if writer.node is node))

    def wait_for_rows(self, node: Node, count: int = 10, seconds: float = 120) -> None:
        """Until `node` has acknowledged `count` more."""
        before = len(self.of(node))
        wait_until(f"{node.name} takes writes", lambda: len(self.of(node)) >= before + count, seconds)

    def check(self) -> None:
        """As check_leaders(); and nothing that was acknowledged is missing on the leader of now: for clusters in synchronous
        mode, or whose leaders have handed over."""
        self.check_leaders()
        rows = self._rows()
        kept = {(str(row[0]), int(row[1])) for row in self._cluster.sql(f"SELECT node, number FROM {self._table}")}
        missing = sorted({(row.node, row.number) for row in rows} - kept)
        assert not missing, f"{len(missing)} of {len(rows)} acknowledged rows are missing: {missing[:5]}"

    def check_leaders(self) -> None:
        """No two nodes have taken writes at a time; each that came later did so on a newer timeline."""
        rows = self._rows()
        times = sorted({(row.timeline, row.node) for row in rows})
        assert len({timeline for timeline, _ in times}) == len(times), f"two nodes on one timeline: {times}"
        for (line, node), (next_line, next_node) in zip(times, times[1:]):
            last = max(row.begun for row in rows if (row.timeline, row.node) == (line, node))
            first = min(row.done for row in rows if (row.timeline, row.node) == (next_line, next_node))
            assert last <= first, (f"{node} took a row on timeline {line} {last - first:.3f} s after {next_node}"
                                   f" had taken one on timeline {next_line}")

    def _rows(self) -> list[Row]:
        return [row for writer in self._writers for row in writer.rows]
