"""The statistics port behind HTTPS: with a certificate, with one that clients must show, and with clients that never
finish their handshake."""
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from cluster import Cluster, Router, wait_until
from cluster.stats_client import StatsClient, basic, password_hash
from cluster.wire import dial, read_to_end

SETTINGS = {"nodes": 1}
PASSWORD = "correct horse battery"
MakeRouter = Callable[..., Router]


def certificate(folder: Path, name: str, address: str) -> tuple[Path, Path]:
    """(certificate, key), signed by itself."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}",
                    "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return made, key


class Pki:
    """A server's certificate for `address`, and those of a client that is known and one that is not."""

    def __init__(self, folder: Path, address: str) -> None:
        self.server = certificate(folder, "server", address)
        self.client = certificate(folder, "client", address)
        self.stranger = certificate(folder, "stranger", address)

    def config(self, **more: Any) -> dict[str, Any]:
        return {"tls": {"cert_file": str(self.server[0]), "key_file": str(self.server[1])},
                "users": [f"dba:{password_hash(PASSWORD)}"], **more}

    def context(self, shown: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.server[0]))
        if shown:
            context.load_cert_chain(*map(str, shown))
        return context


@pytest.fixture
def pki(cluster: Cluster, tmp_path: Path) -> Pki:
    return Pki(tmp_path, cluster.network.address(1))


def test_https_serves_all_and_marks_the_cookie_as_secure(cluster: Cluster, make_router: MakeRouter, pki: Pki) -> None:
    router = make_router(cluster, config={"stats": pki.config()}, stats_tls=pki.context())
    client = StatsClient(router.stats, pki.context())
    for path in ("/", "/;csv", "/metrics", "/status", "/api/v1/state", "/health"):
        assert client.get(path).status == 200
    page, answer = client.sign_in("dba", PASSWORD)
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    here = {"Origin": "https://%s:%d" % router.stats}
    done = client.ask("PUT", "/api/v1/nodes/patroni1/weight", {"weight": 3}, {**page, **here})
    assert done.status == 200, done.body
    assert next(client.events())[0] == "state"
    assert "http://" not in answer.headers.get("Location", "")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the old versions of TLS
def test_plain_http_to_the_https_port_learns_nothing(cluster: Cluster, make_router: MakeRouter, pki: Pki) -> None:
    router = make_router(cluster, config={"stats": pki.config()}, stats_tls=pki.context())
    for data in (b"GET /api/v1/state HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 70000, b"\x80" * 100):
        with dial(router.stats) as connection:
            try:
                connection.sendall(data)
            except OSError:
                pass
            assert b"patroni1" not in read_to_end(connection)
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = pki.context()
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, old
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises(OSError):
            StatsClient(router.stats, context).get("/health")
    assert router.code("/health") == 200


def test_a_client_must_show_its_certificate_where_that_is_asked_for(cluster: Cluster, make_router: MakeRouter,
                                                                    pki: Pki) -> None:
    config = pki.config()
    config["tls"]["client_ca_file"] = str(pki.client[0])
    router = make_router(cluster, config={"stats": config}, stats_tls=pki.context(pki.client))
    assert StatsClient(router.stats, pki.context(pki.client)).get("/api/v1/state").status == 200
    for shown in (None, pki.stranger, pki.server):
        with pytest.raises(OSError):  # ssl.SSLError, or a reset
            StatsClient(router.stats, pki.context(shown)).get("/health")
    # A certificate is no user.
    answer = StatsClient(router.stats, pki.context(pki.client)).ask("PUT", "/api/v1/nodes/patroni1/state",
                                                                    {"state": "drain"})
    assert answer.status == 401
    assert StatsClient(router.stats, pki.context(pki.client)).ask(
        "PUT", "/api/v1/nodes/patroni1/state", {"state": "ready"}, basic("dba", PASSWORD)).status == 200


def test_handshakes_without_end_keep_nobody_out(cluster: Cluster, make_router: MakeRouter, pki: Pki) -> None:
    router = make_router(cluster, config={"stats": pki.config(max_connections=50)}, stats_tls=pki.context())
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

    def dawdle(first: bytes) -> None:
        with dial(router.stats, timeout=120) as connection:
            try:
                connection.sendall(first)
                connection.settimeout(0.5)
                while True:
                    try:
                        if not connection.recv(65536):
                            return
                    except TimeoutError:
                        connection.sendall(b"\x00")
            except OSError:
                return

    crowd = [threading.Thread(target=dawdle, args=(hello[:1 + number % len(hello)],), daemon=True)
             for number in range(45)]
    silent: list[socket.socket] = [dial(router.stats) for _ in range(45)]
    for one in crowd:
        one.start()

    def over() -> bool:
        assert router.code("/health") == 200
        return not any(one.is_alive() for one in crowd)
    wait_until("every handshake was given up", over, 120)
    for connection in silent:
        read_to_end(connection)
        connection.close()


def test_a_new_certificate_is_shown_without_a_restart(cluster: Cluster, make_router: MakeRouter, pki: Pki,
                                                      tmp_path: Path) -> None:
    router = make_router(cluster, config={"stats": pki.config()}, stats_tls=pki.context())

    def newer(name: str) -> Pki:
        folder = tmp_path / name
        folder.mkdir()
        return Pki(folder, cluster.network.address(1))

    def shown(one: Pki) -> None:
        client = StatsClient(router.stats, one.context())
        wait_until("the new certificate is shown", lambda: client.get("/health").status == 200)

    elsewhere = newer("elsewhere")
    router.write_config({"stats": {"tls": elsewhere.config()["tls"]}})
    shown(elsewhere)
    in_place = newer("in-place")
    for old, new in zip(elsewhere.server, in_place.server):
        new.replace(old)
    in_place.server = elsewhere.server
    shown(in_place)
