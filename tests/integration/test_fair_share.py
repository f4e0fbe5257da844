"""One client harms no other: those that owe an answer, those of one address, and those that come and go quickly."""
import re
import socket
from contextlib import ExitStack
from typing import Any, Callable

import psycopg2
import pytest

from cluster import Cluster, Router, wait_until
from cluster.wire import SSL_REQUEST, dial, startup_packet

SETTINGS = {"nodes": 1, "tls": True}
MakeRouter = Callable[..., Router]


@pytest.fixture
def router(cluster: Cluster, make_router: MakeRouter) -> Router:
    router = make_router(cluster, config={"log": {"session_starts": True}})
    router.wait_ready(replicas=False)
    return router


def asked_for_password(router: Router) -> socket.socket:
    """A client that has read the server's request for its password and says nothing."""
    client = dial(router.write)
    client.sendall(startup_packet())
    assert client.recv(1) == b"R"
    return client


def answered_encryption(router: Router) -> socket.socket:
    """A client that has read the server's answer to its SSLRequest and says nothing."""
    client = dial(router.write)
    client.sendall(SSL_REQUEST)
    assert client.recv(1) == b"S"
    return client


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True


@pytest.mark.parametrize("come", [asked_for_password, answered_encryption])
@pytest.mark.parametrize("mode", ["disable", "require"])
def test_clients_that_owe_an_answer_keep_nobody_out(router: Router, come: Callable[[Router], socket.socket],
                                                    mode: str) -> None:
    """More of them than the 50 start-ups that a server may have at a time, and all of them still there at the end."""
    with ExitStack() as silent:
        clients = [silent.enter_context(come(router)) for _ in range(55)]
        router.connect(sslmode=mode).close()
        assert [client for client in clients if not is_open(client)] == []


def time_waits_to(server: tuple[str, int]) -> int:
    """Ports of this machine that are kept for a minute because their side of a connection to `server` closed first."""
    port = f":{server[1]:04X}"
    host = bytes(reversed(socket.inet_aton(server[0]))).hex().upper()
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(1 for row in rows if row[2] == host + port and row[3] == "06")


@pytest.mark.parametrize("mode", ["disable", "require"])
def test_sessions_of_one_statement_leave_no_port_in_time_wait(cluster: Cluster, router: Router, mode: str) -> None:
    """Under TLS nobody sees the goodbye; the router waits a tenth of a second, which a slow machine may need."""
    leader = cluster.wait_for_leader()
    server = leader.address, leader.postgres_port
    before = time_waits_to(server)
    sessions = 150
    for _ in range(sessions):
        connection = router.connect(sslmode=mode)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
    wait_until("all have ended", lambda: router.listener("write")["sessions"] == 0)

    left = time_waits_to(server) - before
    assert left <= (0 if mode == "disable" else sessions // 5)


def test_a_running_session_is_found_in_the_log_by_the_port_that_postgresql_knows(router: Router) -> None:
    connection = router.connect(sslmode="disable", application_name="billing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_port FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        (port,) = cursor.fetchone()
    pattern = re.compile(rf"info  session\.start .* server_side_port={port} user=app database=\S+ application=billing")
    wait_until("the line is there", lambda: pattern.search(router.log_text()))
    connection.close()


@pytest.mark.parametrize("mode", ["disable", "prefer"])
def test_a_client_beyond_the_limit_of_its_address_is_told_so(cluster: Cluster, make_router: MakeRouter,
                                                             mode: str) -> None:
    """Also after an SSLRequest, whose answer may carry no error: libpq would not show it."""
    router = make_router(cluster, config={"listeners": {"write": {"max_connections_per_address": 2}}})
    router.wait_ready(replicas=False)
    wait_until("the sessions before are gone", lambda: router.listener("write")["sessions"] == 0)
    kept: list[Any] = [router.connect() for _ in range(2)]
    with pytest.raises(psycopg2.OperationalError, match=r"127\.\S+ has reached its limit of connections to listener"):
        router.connect(sslmode=mode)
    kept.pop().close()
    wait_until("there is room", lambda: router.listener("write")["sessions"] == 1)
    router.connect().close()
    kept.pop().close()
