"""The statistics port behind load balancers: the checks that they send, with and without a PROXY header, and requests
that they pass on. A real HAProxy stands in front."""
import signal
import socket
import ssl
import struct
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from cluster import Cluster, Router, wait_until
from cluster.network import free_port
from cluster.process import Server
from cluster.stats_client import StatsClient, basic, password_hash
from cluster.wire import dial, read_to_end

SETTINGS = {"nodes": 1}
PASSWORD = "correct horse battery"
USERS = {"users": [f"dba:{password_hash(PASSWORD)}"]}
MakeRouter = Callable[..., Router]


class Balancer:
    """HAProxy in front of one statistics port: a backend for each kind of check, and a way through for each kind of
    header (`plain`, `v1`, `v2`)."""

    CHECKS = {
        "plain": ("option httpchk", ""),
        "plain_head": ("option httpchk HEAD /health", ""),
        "plain_ready": ("option httpchk OPTIONS /ready", ""),
        "with_host": ("option httpchk\n    http-check send meth OPTIONS uri /health ver HTTP/1.1 hdr Host router", ""),
        "v1": ("option httpchk GET /ready", "send-proxy check-send-proxy"),
        "v2": ("option httpchk", "send-proxy-v2 check-send-proxy"),
    }

    def __init__(self, cluster: Cluster, router: Router) -> None:
        self.host = cluster.network.address(4)
        self.page = self.host, free_port(self.host, 7100)
        self.through = {kind: (self.host, free_port(self.host, port))
                        for kind, port in (("plain", 7200), ("v1", 7300), ("v2", 7400))}
        target = "%s:%d" % router.stats
        parts = [f"global\n    maxconn 200\ndefaults\n    mode tcp\n    timeout connect 5s\n    timeout client 60s\n"
                 f"    timeout server 60s\n    timeout check 5s\n"
                 f"listen page\n    mode http\n    bind {self.page[0]}:{self.page[1]}\n    stats enable\n    stats uri /\n"]
        for name, (check, sends) in self.CHECKS.items():
            parts.append(f"backend {name}\n    {check}\n    server router {target} source {self.host} check inter 200ms"
                         f" fall 1 rise 2 {sends}\n")
        for kind, (host, port) in self.through.items():
            sends = {"plain": "", "v1": "send-proxy", "v2": "send-proxy-v2"}[kind]
            parts.append(f"listen through_{kind}\n    bind {host}:{port}\n"
                         f"    server router {target} source {host} {sends}\n")
        self._file = cluster.folder / "balancer.cfg"
        self._file.write_text("".join(parts))
        self._file.chmod(0o644)
        self.server = Server(["haproxy", "-db", "-f", str(self._file)], self._file.with_suffix(".log"), nofile=4000)

    def checks(self) -> dict[str, str]:
        """What each kind of check says: "L7OK/200"; empty before the first."""
        with urllib.request.urlopen("http://%s:%d/;csv" % self.page, timeout=10) as answer:
            header, *lines = answer.read().decode().splitlines()
        names = header.lstrip("# ").split(",")
        found = {}
        for line in lines:
            row = dict(zip(names, line.split(",")))
            if row.get("svname") == "router" and row["pxname"] in self.CHECKS:
                # An asterisk in front: the check runs just now.
                found[row["pxname"]] = row["check_status"].lstrip("* ") + "/" + row["check_code"]
        return found

    def wait_for(self, expected: dict[str, str]) -> None:
        def all_said() -> bool:
            if not self.server.running():
                raise RuntimeError("HAProxy ended")
            found = self.checks()
            return all(found.get(name) == words for name, words in expected.items())
        wait_until(f"the checks say {expected}", all_said)


@contextmanager
def balancer(cluster: Cluster, router: Router) -> Iterator[Balancer]:
    made = Balancer(cluster, router)
    try:
        wait_until("HAProxy answers", lambda: made.server.running() and dial(made.page).close() is None)
        yield made
    finally:
        made.server.stop()


def stats_of(cluster: Cluster, **more: Any) -> dict[str, Any]:
    return {**USERS, "proxy_protocol_from": [cluster.network.address(4)], **more}


def test_the_checks_of_a_load_balancer_find_the_router_well(cluster: Cluster, make_router: MakeRouter) -> None:
    for login in (False, True):
        router = make_router(cluster, config={"stats": stats_of(cluster, login_to_read=login), "drain_timeout": "1min"}, host=1 + login)
        with balancer(cluster, router) as haproxy:
            haproxy.wait_for({name: "L7OK/200" for name in haproxy.CHECKS})
            router.wait_ready(replicas=False)
            with router.connect():  # keeps it from being gone at once
                router.server.signal(signal.SIGTERM)
                # While it drains it is alive, and not ready.
                haproxy.wait_for({"plain": "L7OK/200", "plain_head": "L7OK/200", "with_host": "L7OK/200",
                                  "plain_ready": "L7STS/503", "v1": "L7STS/503", "v2": "L7OK/200"})


def test_a_load_balancer_that_is_not_named_may_check_without_a_header_only(cluster: Cluster,
                                                                          make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"stats": USERS})
    with balancer(cluster, router) as haproxy:
        haproxy.wait_for({"plain": "L7OK/200", "plain_ready": "L7OK/200", "v1": "L7STS/400", "v2": "L7STS/400"})
    with dial(router.stats) as connection:
        connection.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 7000\r\nGET /ready HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"stats.proxy_protocol_from does not name this address" in answer


def test_the_client_is_the_one_that_the_header_names(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"stats": stats_of(cluster)})
    with balancer(cluster, router) as haproxy:
        for host, kind in enumerate(("plain", "v1", "v2"), 60):
            client = cluster.network.address(host)
            with socket.create_connection(haproxy.through[kind], timeout=60, source_address=(client, 0)) as connection:
                credentials = basic("dba", "wrong")["Authorization"]
                connection.sendall(f"PUT /api/v1/nodes/patroni1/state HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                   f"Authorization: {credentials}\r\nContent-Length: 0\r\n\r\n".encode())
                assert read_to_end(connection).startswith(b"HTTP/1.1 401 ")
            seen = haproxy.host if kind == "plain" else client
            wait_until("the log tells of it", lambda: f"from={seen}:" in router.log_text())
        # So guesses through the load balancer slow those down who make them, and nobody else behind it.
        guesser = cluster.network.address(70)
        for _ in range(6):
            answer = ask_through(haproxy.through["v2"], guesser, "wrong")
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert ask_through(haproxy.through["v2"], guesser, PASSWORD).startswith(b"HTTP/1.1 429 ")
        assert ask_through(haproxy.through["v2"], cluster.network.address(71), PASSWORD).startswith(b"HTTP/1.1 200 ")


def ask_through(address: tuple[str, int], source: str, password: str) -> bytes:
    with socket.create_connection(address, timeout=60, source_address=(source, 0)) as connection:
        connection.sendall(f"GET /admin/nodes/patroni1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                           f"Authorization: {basic('dba', password)['Authorization']}\r\n\r\n".encode())
        return read_to_end(connection)


def v2_header(source: str, destination: str) -> bytes:
    return (b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11]) + struct.pack("!H", 12) + socket.inet_aton(source)
            + socket.inet_aton(destination) + struct.pack("!HH", 1234, 7000))


LOCAL = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20, 0x00]) + struct.pack("!H", 0)


@pytest.mark.parametrize("header", [b"", b"PROXY TCP4 192.0.2.7 10.0.0.1 1234 7000\r\n", b"PROXY UNKNOWN\r\n",
                                    v2_header("192.0.2.7", "10.0.0.1"), LOCAL])
def test_behind_tls_the_header_comes_before_the_handshake(cluster: Cluster, make_router: MakeRouter, tmp_path: Path,
                                                          header: bytes) -> None:
    from test_statistics_tls import Pki  # the certificates are made the same way
    pki = Pki(tmp_path, cluster.network.address(1))
    here = cluster.network.address(4)
    config = pki.config(proxy_protocol_from=[here])
    router = make_router(cluster, config={"stats": config}, stats_tls=pki.context())
    with socket.create_connection(router.stats, timeout=60, source_address=(here, 0)) as plain:
        plain.sendall(header)
        with pki.context().wrap_socket(plain, server_hostname=router.stats[0]) as connection:
            connection.sendall(b"GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert read_to_end(connection).startswith(b"HTTP/1.1 200 ")
    if header:  # from anywhere else there is no handshake behind one
        with dial(router.stats) as plain:
            plain.sendall(header)
            with pytest.raises((ssl.SSLError, ConnectionError)):
                pki.context().wrap_socket(plain, server_hostname=router.stats[0])
