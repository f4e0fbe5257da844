"""The router's process is stopped for longer than its routing table lives, as on a machine that is suspended."""
import os
import select
import signal
import socket
import struct
import time
from typing import Any, Iterator

import pytest

from cluster import Cluster, Router, wait_until
from cluster.wire import read_to_end

SETTINGS = {"nodes": 2, "ttl": 20, "loop_wait": 2, "retry_timeout": 3}
SESSIONS = 20


@pytest.fixture
def sessions(cluster: Cluster, router: Router) -> Iterator[list[Any]]:
    cluster.sql("CREATE TABLE IF NOT EXISTS late (number int); TRUNCATE late; GRANT ALL ON late TO app")
    opened = [router.connect() for _ in range(SESSIONS)]
    yield opened
    for session in opened:
        session.close()


def queue_inserts(sessions: list[Any]) -> None:
    """One statement on each session, in the kernel's hands when this returns: nobody waits for an answer."""
    for number, session in enumerate(sessions):
        text = f"INSERT INTO late VALUES ({number})".encode() + b"\0"
        message = b"Q" + struct.pack("!I", len(text) + 4) + text
        assert os.write(session.fileno(), message) == len(message)


def raw(session: Any) -> socket.socket:
    return socket.socket(fileno=os.dup(session.fileno()))


def count(cluster: Cluster, node: Any) -> int:
    return int(cluster.sql("SELECT count(*) FROM late", node)[0][0])


def test_nothing_that_was_queued_reaches_the_old_leader(cluster: Cluster, router: Router,
                                                        sessions: list[Any]) -> None:
    old = cluster.wait_for_leader()
    assert router.server and old.server
    router.server.signal(signal.SIGSTOP)
    try:
        old.server.signal(signal.SIGSTOP)  # its Patroni alone: its PostgreSQL goes on as a primary
        new = cluster.wait_for_leader(other_than=old)
        queue_inserts(sessions)
    finally:
        router.server.signal(signal.SIGCONT)
    try:
        for session in sessions:
            with raw(session) as connection:
                connection.settimeout(60)
                assert read_to_end(connection) == b""  # ended, and nothing was answered
        assert cluster.sql("SELECT pg_is_in_recovery()", old) == [(False,)]
        assert (count(cluster, old), count(cluster, new)) == (0, 0)
        wait_until("writers get the new leader", lambda: router.leader() == new.name)
        with router.connect() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO late VALUES (1)")
        assert (count(cluster, old), count(cluster, new)) == (0, 1)
        assert "router.stalled" in router.log_text()
    finally:
        old.server.signal(signal.SIGCONT)


def test_what_was_queued_goes_on_when_the_leader_has_stayed(cluster: Cluster, router: Router,
                                                           sessions: list[Any]) -> None:
    assert router.server
    router.server.signal(signal.SIGSTOP)
    queue_inserts(sessions)
    time.sleep(4)  # longer than checks.expire: the fault itself, nothing is waited for
    router.server.signal(signal.SIGCONT)
    for session in sessions:
        with raw(session) as connection:
            answer = b""
            while not answer.endswith(b"Z\0\0\0\5I"):
                assert select.select([connection], [], [], 60)[0], "no answer within 60 s"
                part = connection.recv(65536)
                assert part, "the session was ended"
                answer += part
            assert b"INSERT 0 1" in answer
    assert count(cluster, cluster.wait_for_leader()) == SESSIONS
    assert "table.renewed" in router.log_text()


def test_new_sessions_after_a_standstill_wait_for_the_leader(cluster: Cluster, router: Router,
                                                            sessions: list[Any]) -> None:
    assert router.server
    router.server.signal(signal.SIGSTOP)
    time.sleep(4)  # as above
    router.server.signal(signal.SIGCONT)
    with router.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        assert cursor.fetchone() == (False,)
