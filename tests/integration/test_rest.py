"""A node whose REST API misbehaves harms nobody: the real cluster is served as if it were not there."""
import http.server
import json
import threading
import time
from typing import Any, Callable, Iterator

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until
from cluster.network import free_port

SETTINGS = NO_PASSWORDS
MakeRouter = Callable[..., Router]
LEADER = {"state": "running", "role": "master", "timeline": 99, "server_version": 150020, "xlog": {"location": 1 << 40},
          "database_system_identifier": "1", "patroni": {"version": "3.0.2", "scope": "tamada", "name": "stranger"}}


class Answers(http.server.BaseHTTPRequestHandler):
    """Each method below is one way to misbehave; all of them claim to lead, as far as they say anything."""
    misbehave: str
    asked = [0]  # how often, by all connections of this server

    def do_GET(self) -> None:
        self.asked[0] += 1
        try:
            getattr(self, self.misbehave)()
        except OSError:
            pass  # the router has had enough

    def head(self, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def slow(self) -> None:
        """A byte a second, without end in sight."""
        self.head(("Content-Length", "1000"))
        for byte in json.dumps(LEADER).encode():
            self.wfile.write(bytes([byte]))
            time.sleep(1)

    def endless(self) -> None:
        self.head()
        while True:
            self.wfile.write(b" " * 65536)

    def broken_json(self) -> None:
        self.head()
        self.wfile.write(b'{"state": "running", "role": "master", "timeline": [[[[')

    def other_cluster(self) -> None:
        """Another scope and another database: a recycled address."""
        self.head()
        self.wfile.write(json.dumps({**LEADER, "patroni": {**LEADER["patroni"], "scope": "billing"}}).encode())

    def other_database(self) -> None:
        """The right scope, but another system identifier and a higher timeline."""
        self.head()
        self.wfile.write(json.dumps(LEADER).encode())

    def huge_headers(self) -> None:
        self.head(*((f"X-{number}", "x" * 1000) for number in range(1000)))
        self.wfile.write(json.dumps(LEADER).encode())

    def no_http(self) -> None:
        self.wfile.write(bytes(range(256)) * 10)

    def wrong_types(self) -> None:
        self.head()
        self.wfile.write(b'{"state": 1, "role": [], "timeline": "x", "xlog": 5, "patroni": null}')

    def says_nothing(self) -> None:
        time.sleep(30)

    def log_message(self, *_: object) -> None:
        pass


class Stranger:
    """Called with one way to misbehave it starts a REST server that does so, and gives its entry for the router's nodes.
    Nobody listens on its PostgreSQL port."""

    def __init__(self, make: Callable[[str], dict[str, str]], asked: list[int]) -> None:
        self._make, self._asked = make, asked

    def __call__(self, how: str) -> dict[str, str]:
        return self._make(how)

    def asked(self) -> int:
        """How often, so far."""
        return self._asked[0]


@pytest.fixture
def stranger(cluster: Cluster) -> Iterator[Stranger]:
    servers: list[Any] = []
    asked = [0]

    def make(how: str) -> dict[str, str]:
        address = cluster.network.address(200)
        handler = type("Stranger", (Answers,), {"misbehave": how, "asked": asked})
        server = http.server.ThreadingHTTPServer((address, 0), handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return {"name": "stranger", "postgres": f"{address}:{free_port(address, 5432)}",
                "api": f"http://{address}:{server.server_address[1]}"}
    yield Stranger(make, asked)
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("how", ["slow", "endless", "broken_json", "other_cluster", "other_database", "huge_headers",
                                 "no_http", "wrong_types", "says_nothing"])
def test_a_misbehaving_rest_server_harms_nobody(cluster: Cluster, make_router: MakeRouter,
                                                stranger: Stranger, how: str) -> None:
    router = make_router(cluster, more_nodes=[stranger(how)])
    leader = cluster.wait_for_leader()
    wait_until("the real leader is known", lambda: router.leader() == leader.name)

    with Workload(cluster, router, sessions=2, connecting=2) as load:
        load.wait_for_writes()
        before = stranger.asked()
        wait_until("the stranger is asked twice more", lambda: stranger.asked() >= before + 2)
        load.wait_for_writes()
    assert load.report().failures == [], load.report().describe()
    assert router.leader() == leader.name
    assert router.server and router.server.memory_kib()["Rss"] < 64 * 1024


def test_a_stranger_in_the_list_does_not_hinder_a_switchover(cluster: Cluster, make_router: MakeRouter,
                                                             stranger: Stranger) -> None:
    router = make_router(cluster, more_nodes=[stranger("slow")])
    router.wait_ready()

    with Workload(cluster, router) as load:
        after = cluster.switchover()
        load.wait_for_writes()
    report = load.report()

    assert report.errors_on_new_connections() == [], report.describe()
    assert load.missing(report) == set()
    assert router.leader() == after.name
