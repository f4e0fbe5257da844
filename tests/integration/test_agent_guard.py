"""A guard that is stopped ends nobody when the lock runs out, so its agent does not lead with it."""
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import psycopg2
import pytest

from cluster import Cluster, Node, wait_until
from cluster.patroni_config import SUPERUSER

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 3, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}
PROBLEM = "the guard does not answer"


class Guard:
    """The guard of a node: the parent of its postmaster."""

    def __init__(self, node: Node) -> None:
        fields = Path(f"/proc/{node.postmaster()}/stat").read_text().rpartition(")")[2].split()
        self.pid = int(fields[1])
        assert "guard" in Path(f"/proc/{self.pid}/comm").read_text()

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


@pytest.fixture
def leader(cluster: Cluster) -> Iterator[Node]:
    """The leader, whose guard goes on after the test whatever it did."""
    node = cluster.wait_for_leader()
    guard = Guard(node)
    yield node
    try:
        guard.go_on()
    except ProcessLookupError:
        pass  # it has ended, as it does when its agent has let it go and nothing of PostgreSQL is left


class Writer(threading.Thread):
    """Writes to one node without a pause, a session for each row, and keeps when each row was acknowledged."""

    def __init__(self, node: Node, table: str) -> None:
        super().__init__(daemon=True)
        self.node, self.table = node, table
        self.acknowledged: list[tuple[float, float, int]] = []  # begun, acknowledged, row
        self._ends = threading.Event()

    def run(self) -> None:
        user, password = SUPERUSER
        row = 0
        while not self._ends.is_set():
            row += 1
            begun = time.monotonic()
            try:
                connection = psycopg2.connect(host=self.node.address, port=self.node.postgres_port, user=user,
                                              password=password, dbname="postgres", connect_timeout=2)
                try:
                    connection.autocommit = True
                    connection.cursor().execute(f"INSERT INTO {self.table} VALUES (%s, %s)", (self.node.name, row))
                    self.acknowledged.append((begun, time.monotonic(), row))
                finally:
                    connection.close()
            except psycopg2.Error:
                self._ends.wait(0.02)

    def end(self) -> None:
        self._ends.set()
        self.join(60)
        assert not self.is_alive()


def problem(node: Node) -> str:
    return ((node.status() or {}).get("tamada") or {}).get("problem", "")


def told_since(node: Node, length: int, words: str) -> bool:
    return words in node.log.read_text(errors="replace")[length:]


def length(node: Node) -> int:
    return len(node.log.read_text(errors="replace"))


def test_a_guard_that_is_stopped_for_a_second_changes_nothing(cluster: Cluster, leader: Node) -> None:
    guard, pid, before = Guard(leader), leader.postmaster(), length(leader)
    guard.stop()
    time.sleep(1)
    guard.go_on()
    time.sleep(5)
    assert cluster.wait_for_leader() is leader and leader.postmaster() == pid
    assert Guard(leader).pid == guard.pid
    assert not told_since(leader, before, PROBLEM) and problem(leader) == ""


def test_a_leader_whose_guard_is_stopped_stops_and_another_node_leads(cluster: Cluster, leader: Node) -> None:
    guard, pid, before = Guard(leader), leader.postmaster(), length(leader)
    cluster.sql("CREATE TABLE IF NOT EXISTS guarded (node text, row int)")
    writers = [Writer(node, "guarded") for node in cluster.nodes]
    for writer in writers:
        writer.start()
    try:
        wait_until("the leader takes rows", lambda: any(len(writer.acknowledged) > 10 for writer in writers))
        guard.stop()
        begun = time.monotonic()
        wait_until("its agent tells it", lambda: PROBLEM in problem(leader), 20)
        # Before the lock could have ended, and with its guard still stopped.
        after = cluster.wait_for_leader(other_than=leader, seconds=SETTINGS["ttl"])
        print(f"another node leads {time.monotonic() - begun:.1f} s after the guard was stopped")
        wait_until("the new leader takes rows", lambda: len(of(writers, after).acknowledged) > 10)
        assert not Path(f"/proc/{pid}/exe").exists()  # a zombie at most: the guard that would reap it is stopped
        assert told_since(leader, before, PROBLEM)
    finally:
        guard.go_on()
        for writer in writers:
            writer.end()
    old, new = of(writers, leader).acknowledged, of(writers, after).acknowledged
    assert max(done for _, done, _ in old) <= min(done for _, done, _ in new), "two nodes took writes at a time"
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is after
    assert problem(leader) == "" and leader.is_streaming_replica()
    # It was an orderly stop, so nothing that was acknowledged is missing.
    kept = {tuple(row) for row in cluster.sql("SELECT node, row FROM guarded")}
    acknowledged = {(writer.node.name, row) for writer in writers for _, _, row in writer.acknowledged}
    assert acknowledged <= kept


def of(writers: list[Writer], node: Node) -> Writer:
    return next(writer for writer in writers if writer.node is node)


def test_in_a_pause_it_is_told_and_nobody_is_demoted(cluster: Cluster, leader: Node) -> None:
    guard, pid = Guard(leader), leader.postmaster()
    cluster.configure(pause=True)
    try:
        wait_until("the pause has come", lambda: (leader.status() or {}).get("pause"))
        guard.stop()
        wait_until("its agent tells it", lambda: PROBLEM in problem(leader), 20)
        # Longer than the lock would last.
        deadline = time.monotonic() + SETTINGS["ttl"] + 5
        while time.monotonic() < deadline:
            assert leader.is_leader() and leader.postmaster() == pid
            time.sleep(1)
        assert cluster.sql("SELECT pg_is_in_recovery()", leader) == [(False,)]
        guard.go_on()
        wait_until("the guard answers again", lambda: problem(leader) == "", 30)
    finally:
        guard.go_on()
        cluster.configure(pause=None)
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is leader and leader.postmaster() == pid


def test_a_replica_whose_guard_is_stopped_does_not_take_the_lock(cluster: Cluster, leader: Node) -> None:
    stopped, other = [node for node in cluster.nodes if node is not leader]
    guard = Guard(stopped)
    guard.stop()
    try:
        wait_until("its agent tells it", lambda: PROBLEM in problem(stopped), 20)
        assert stopped.is_streaming_replica()
        leader.stop()
        assert cluster.wait_for_leader(other_than=leader) is other
        wait_until("it follows the new leader", stopped.is_streaming_replica)
    finally:
        guard.go_on()
    leader.start()
    cluster.wait_healthy()
    assert problem(stopped) == ""
