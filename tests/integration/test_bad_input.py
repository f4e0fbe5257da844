"""Bytes that no PostgreSQL client sends: a clear end for whoever sends them, and nothing for anybody else."""
import socket
import struct
from typing import Any, Callable, Iterator

import pytest

from cluster import Cluster, Router, wait_until
from cluster.wire import SSL_REQUEST, dial, read_to_end, startup_packet

SETTINGS = {"nodes": 1}


@pytest.fixture
def router(cluster: Cluster, make_router: Callable[..., Router]) -> Router:
    router = make_router(cluster, config={"listeners": {"write": {"startup_timeout": "2s"}}})
    router.wait_ready(replicas=False)
    return router


@pytest.fixture(autouse=True)
def neighbour(router: Router) -> Iterator[Any]:
    """Somebody else's session: it works before and after, and no descriptor or session is left behind."""
    session = router.connect()
    yield session
    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert router.serves(router.write, in_recovery=False)
    wait_until("only the neighbour is left", lambda: router.listener("write")["sessions"] == 1)
    assert router.listener("write")["starting"] == 0
    session.close()


def ends(router: Router, data: bytes, *, timeout: float = 60) -> bytes:
    """Sends `data`, keeps the connection open, and gives back what came before the router closed it."""
    with dial(router.write, timeout=timeout) as client:
        client.sendall(data)
        return read_to_end(client)


@pytest.mark.parametrize("length", [0, 1, 3, 4, 7, 20])
def test_half_a_startup_packet_that_never_ends_has_a_time_limit(router: Router, length: int) -> None:
    ends(router, startup_packet()[:length])


@pytest.mark.parametrize("data", [
    pytest.param(struct.pack("!II", 0x7fffffff, 196608) + b"x" * 100000, id="a packet of 2 GB"),
    pytest.param(struct.pack("!I", 0xffffffff) + b"\xff" * 1000, id="a negative length"),
    pytest.param(struct.pack("!I", 0), id="a length of 0"),
    pytest.param(struct.pack("!I", 4), id="a length of 4"),
    pytest.param(struct.pack("!II", 8, 0x12345678), id="an unknown request code"),
    pytest.param(bytes(range(256)) * 10, id="garbage"),
    pytest.param(b"\0" * 5000, id="zeros"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: tamada\r\n\r\n", id="HTTP"),
    pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="SSH"),
    pytest.param(SSL_REQUEST * 50, id="fifty SSLRequests"),
    pytest.param(struct.pack("!IIi", 12, 80877102, 1), id="a cancel request without a key"),
])
def test_what_is_no_startup_packet_ends_the_connection(router: Router, data: bytes) -> None:
    ends(router, data)


def test_a_cancel_request_with_a_wrong_key_harms_nobody(router: Router, neighbour: Any) -> None:
    ends(router, struct.pack("!IIii", 16, 80877102, neighbour.info.backend_pid, 12345))


def test_a_client_that_resets_in_the_middle_is_forgotten(router: Router) -> None:
    for length in range(0, len(startup_packet()) + 1, 3):
        client = dial(router.write)
        client.sendall(startup_packet()[:length])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def test_garbage_inside_a_session_is_the_servers_business(router: Router) -> None:
    with dial(router.write) as client:
        client.sendall(startup_packet())
        assert client.recv(1) == b"R"
        client.sendall(b"\xff" * 10000)
        read_to_end(client)


def test_garbage_on_the_statistics_port(router: Router) -> None:
    for data in (b"\xff" * 1000, b"GET /" + b"x" * 100000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n"):
        with dial(router.stats) as client:
            try:
                client.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            read_to_end(client)
    assert router.code("/health") == 200


def test_many_half_packets_at_once_do_not_keep_others_out(router: Router) -> None:
    clients = [dial(router.write) for _ in range(300)]
    for client in clients:
        client.sendall(startup_packet()[:6])
    assert router.serves(router.write, in_recovery=False)
    for client in clients:
        read_to_end(client)
        client.close()
