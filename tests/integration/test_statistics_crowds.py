"""Crowds and clients without end on the statistics port: sessions flow on, the control loop misses no poll, others are
served, memory stays bounded."""
import resource
import socket
import threading
import time
from typing import Any, Callable, Iterator

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Timeout, Workload, wait_until
from cluster.stats_client import StatsClient, basic, password_hash
from cluster.wire import dial

SETTINGS = {**NO_PASSWORDS, "nodes": 1}
PASSWORD = "correct horse battery"
GOOD = basic("dba", PASSWORD)
HEAD = b"PUT /api/v1/nodes/patroni1/state HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MAY_GROW = 96 * 1024  # KiB; 1000 connections with their buffers, and nothing that grows with time


@pytest.fixture(scope="module", autouse=True)
def descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))


@pytest.fixture
def router(request: pytest.FixtureRequest, cluster: Cluster, make_router: Callable[..., Router]) -> Router:
    """With as many further nodes, all of them dead, as a test asks for."""
    dead = [{"name": f"dead{number}", "postgres": f"{cluster.network.address(100 + number)}:5432",
             "api": f"http://{cluster.network.address(100 + number)}:8008"}
            for number in range(getattr(request, "param", 0))]
    router = make_router(cluster, config={"stats": {"users": [f"dba:{password_hash(PASSWORD)}"]}, "workers": 2},
                         more_nodes=dead)
    router.wait_ready(replicas=False)
    return router


@pytest.fixture(autouse=True)
def calm(cluster: Cluster, router: Router) -> Iterator[None]:
    """Meanwhile sessions flow through the write port; none of them sees anything, and the leader stays confirmed."""
    client = StatsClient(router.stats)
    wait_until("the router knows the leader", lambda: router.leader() is not None)
    before = client.get("/api/v1/state").json()
    memory = router.server.memory_kib()["Rss"] if router.server else 0
    with Workload(cluster, router, sessions=2, connecting=2) as load:
        yield
        load.wait_for_writes()
    report = load.report()
    polled = before["nodes"][0]["check"]["checks"]
    wait_until("the next poll", lambda: client.get("/api/v1/nodes/patroni1").json()["check"]["checks"] > polled)
    after = client.get("/api/v1/state").json()
    assert report.failures == [], report.describe()
    assert after["leader"]["since_at"] == before["leader"]["since_at"] and after["failovers"] == []
    check = after["nodes"][0]["check"]
    assert check["failures"] == before["nodes"][0]["check"]["failures"] and check["silences"] == 0
    assert router.server and router.server.memory_kib()["Rss"] < memory + MAY_GROW


def send_until_closed(router: Router, first: bytes, then: bytes, pause: float) -> None:
    """`first`, then `then` again and again, until the router has had enough."""
    with dial(router.stats, timeout=120) as connection:
        try:
            connection.sendall(first)
            while True:
                connection.sendall(then)
                if pause:
                    connection.settimeout(pause)
                    try:
                        while connection.recv(65536):
                            pass
                        return
                    except TimeoutError:
                        connection.settimeout(120)
        except OSError:
            pass


# What is sent first, what then again and again, and how long to wait in between.
WITHOUT_END: dict[str, tuple[bytes, bytes, float]] = {
    "a field without end": (b"GET / HTTP/1.1\r\nX: ", b"x" * 1000, 0),
    "fields without end": (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 50, 0),
    "a path without end": (b"GET /", b"x" * 1000, 0),
    "a body without end": (HEAD + b"Content-Length: 9999999999\r\n\r\n", b"x" * 1000, 0),
    "chunks without end": (CHUNKED, b"3e8\r\n" + b"x" * 1000 + b"\r\n", 0),
    "a chunk's extension without end": (CHUNKED + b"1;", b"x" * 1000, 0),
    "a chunk's size without end": (CHUNKED, b"0" * 1000, 0),
    "trailers without end": (CHUNKED + b"0\r\n", b"X: y\r\n" * 50, 0),
    "empty lines without end": (b"", b"\r\n" * 500, 0),
    "requests without end, answers unread": (b"", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 30, 0),
    "a head, letter by letter": (b"GET / HTTP/1.1\r\nX: ", b"y", 0.5),
    "a body, letter by letter": (HEAD + b"Content-Length: 99\r\n\r\n{", b" ", 0.5),
    "chunks, letter by letter": (CHUNKED, b"1\r\nx\r\n", 0.5),
}
OF_EACH = 8


def test_requests_without_end_end_and_others_are_served_meanwhile(router: Router) -> None:
    """All kinds at once."""
    client = StatsClient(router.stats)
    crowd = {(kind, number): threading.Thread(target=send_until_closed, args=(router, *how), daemon=True)
             for kind, how in WITHOUT_END.items() for number in range(OF_EACH)}
    for one in crowd.values():
        one.start()

    def left() -> set[str]:
        assert client.get("/health").status == client.get("/;csv").status == 200
        return {kind for (kind, _), one in crowd.items() if one.is_alive()}
    try:
        wait_until("all of them were closed", lambda: not left(), 120)
    except Timeout:
        assert left() == set()
        raise


def test_2000_idle_connections_keep_nobody_out(router: Router) -> None:
    client = StatsClient(router.stats)
    idle: list[socket.socket] = []
    for number in range(2000):  # the limit is 1000: the oldest ones have to go
        connection = dial(router.stats)
        if number % 2:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        idle.append(connection)
        if number % 50 == 0:
            assert client.get("/health").status == 200
            assert client.ask("PUT", "/api/v1/nodes/patroni1/weight", {"weight": 1}, GOOD).status == 200
    for path in ("/health", "/ready", "/;csv", "/metrics", "/api/v1/state"):
        assert client.get(path).status == 200
    # The port itself is never more than full.
    assert 900 < int(client.get("/metrics?scope=frontend").body.decode().split(
        'haproxy_frontend_max_sessions{proxy="stats"} ')[1].split("\n")[0]) <= 1000
    for connection in idle:
        connection.close()


def test_1000_scrapes_a_second_disturb_no_session_and_no_poll(router: Router) -> None:
    wanted, connections = 5000, 8
    answered = [0] * connections

    def scrape(number: int) -> None:
        path = (b"/metrics", b"/;csv", b"/status", b"/api/v1/state")[number % 4]
        request = b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        begin = time.monotonic()
        with dial(router.stats, timeout=120) as connection:
            file = connection.makefile("rb")
            while answered[number] < wanted // connections:
                for _ in range(5):
                    connection.sendall(request)
                for _ in range(5):
                    assert file.readline() == b"HTTP/1.1 200 OK\r\n"
                    length = 0
                    while (line := file.readline()) != b"\r\n":
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    assert len(file.read(length)) == length > 0
                    answered[number] += 1
                time.sleep(max(0.0, begin + answered[number] * connections / 1000 - time.monotonic()))

    crowd = [threading.Thread(target=scrape, args=(number,), daemon=True) for number in range(connections)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(200)
    assert answered == [wanted // connections] * connections


@pytest.mark.parametrize("router", [60], indirect=True)
def test_event_streams_that_nobody_reads_cost_the_others_nothing(router: Router) -> None:
    client = StatsClient(router.stats)
    deaf = []
    for _ in range(50):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(router.stats)
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        deaf.append(connection)
    heard: list[dict[str, Any]] = [{} for _ in range(50)]

    def listen(number: int) -> None:
        for name, data in client.events(timeout=120):
            if name == "state" and "nodes" in data:
                heard[number] = data["nodes"][0]

    for number in range(50):
        threading.Thread(target=listen, args=(number,), daemon=True).start()
    wait_until("everybody knows the node", lambda: all(heard))
    for turn in range(15):
        state = ("drain", "ready")[turn % 2]
        done = client.ask("PUT", "/api/v1/nodes/patroni1/state", {"state": state, "listener": "read"}, GOOD)
        assert done.status == 200
        wait_until(f"everybody has heard of {state}",
                   lambda: all(node["listeners"]["read"]["admin"] == state for node in heard))
    for connection in deaf:
        connection.close()
