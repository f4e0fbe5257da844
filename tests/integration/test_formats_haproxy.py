"""HAProxy itself as the measure: it does the router's job beside three nodes that only answer checks, and its CSV, its
metrics and its socket have what the golden files of ours have (tests/fixtures/stats), no more and no less."""
import csv
import http.server
import json
import re
import socket
import threading
import urllib.request
from pathlib import Path
from typing import Callable, Iterator

import pytest

from cluster import wait_until
from cluster.network import Network, free_port
from cluster.process import Server

GOLDEN = Path(__file__).resolve().parents[2] / "tests/fixtures/stats"
Rows = list[dict[str, str]]

CONFIG = """
global
  stats socket {folder}/socket level operator
  node router1
defaults
  mode tcp
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout check 30s
listen write
  bind {address}:{write}
  maxconn 500
  option httpchk OPTIONS /master
  default-server inter 100ms fall 3 rise 1
{servers}
listen read
  bind {address}:{read}
  balance leastconn
  option httpchk OPTIONS /replica
  default-server inter 100ms fall 3 rise 1
{servers}
listen stats
  bind {address}:{stats}
  mode http
  stats enable
  stats uri /
  http-request use-service prometheus-exporter if {{ path /metrics }}
"""


def node(leads: bool) -> type[http.server.BaseHTTPRequestHandler]:
    class Node(http.server.BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.send_response(200 if (self.path == "/master") == leads else 503)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass
    return Node


class RealHAProxy:
    def __init__(self, folder: Path, network: Network) -> None:
        self._folder = folder
        self._nodes = [http.server.ThreadingHTTPServer((network.address(10 + i), 0), node(leads=i == 0))
                       for i in range(3)]
        for one in self._nodes:
            threading.Thread(target=one.serve_forever, daemon=True).start()
        address = network.address(1)
        ports = {name: free_port(address, wanted) for name, wanted in (("write", 5000), ("read", 5001), ("stats", 7000))}
        servers = "\n".join(f"  server {name} {one.server_address[0]!s}:5432 check port {one.server_address[1]}"
                            for name, one in zip(("first", "second", "third"), self._nodes))
        config = folder / "haproxy.cfg"
        config.write_text(CONFIG.format(folder=folder, address=address, servers=servers, **ports))
        self.url = f"http://{address}:{ports['stats']}"
        self._server = Server(["haproxy", "-db", "-f", str(config)], folder / "log", cwd=folder)

    def close(self) -> None:
        self._server.stop()
        for one in self._nodes:
            one.shutdown()
            one.server_close()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(self._folder / "socket"))
            connection.sendall(command.encode() + b"\n")
            answer = b""
            while more := connection.recv(65536):
                answer += more
        return answer.decode()


@pytest.fixture(scope="module")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHAProxy]:
    folder = tmp_path_factory.mktemp("haproxy")
    network = Network()
    proxy = RealHAProxy(folder, network)
    try:
        def checked() -> bool:
            """Each server has been found UP or DOWN, with no check on its way ("* ...", "UP 1/3") to something else."""
            servers = [row for row in rows(proxy.get("/;csv")) if row["type"] == "2"]
            return ([row["status"] for row in servers].count("DOWN") == 3
                    and all(row["status"] in ("UP", "DOWN") and not row["check_status"].endswith("INI") for row in servers))
        wait_until("HAProxy has checked all nodes", checked)
        yield proxy
    finally:
        proxy.close()
        network.close()


def rows(text: str) -> Rows:
    return list(csv.DictReader(text.removeprefix("# ").splitlines()))


def filled(table: Rows, chosen: Callable[[dict[str, str]], bool]) -> set[str]:
    """The columns that have a value in some of these rows, up to where HAProxy's modules begin."""
    columns = list(table[0])
    shared = set(columns[:columns.index("-")])
    return {column for row in table if chosen(row) for column, value in row.items() if value and column in shared}


def test_the_header_begins_as_haproxys(haproxy: RealHAProxy) -> None:
    theirs = haproxy.get("/;csv").splitlines()[0]
    ours = (GOLDEN / "haproxy.csv").read_text().splitlines()[0]
    assert ours.startswith(theirs[:theirs.index(",-,") + 1])


@pytest.mark.parametrize("http", [False, True])
@pytest.mark.parametrize("kind", ["0", "1", "2"])
def test_a_column_is_filled_where_haproxy_fills_it(haproxy: RealHAProxy, kind: str, http: bool) -> None:
    theirs = rows(haproxy.get("/;csv"))
    ours = rows((GOLDEN / "haproxy.csv").read_text())

    def chosen(row: dict[str, str]) -> bool:
        return row["type"] == kind and (row["pxname"] == "stats") == http

    # Since version 3 HAProxy leaves this one out for TCP, as we do. Newer columns than HAProxy's here do not count.
    theirs_filled = filled(theirs, chosen) - ({"req_tot"} if not http else set())
    assert theirs_filled == filled(ours, chosen) & set(theirs[0])


def test_the_rows_read_alike(haproxy: RealHAProxy) -> None:
    def told(row: dict[str, str]) -> tuple[str, ...]:
        return tuple(row[column] for column in ("pxname", "svname", "type", "status", "mode", "check_status",
                                                "check_code", "check_desc", "act", "bck", "weight"))

    def at_rest() -> Rows | None:
        """While a check is on its way, HAProxy shows the one before with a star, and no code."""
        found = rows(haproxy.get("/;csv"))
        return None if any(row["check_status"].startswith("*") for row in found) else found

    # The third node of the golden file is drained for reads, by hand.
    shown = wait_until("no check of HAProxy is on its way", at_rest)
    theirs = [told(row) for row in shown if row["svname"] not in ("third", "BACKEND")]
    ours = [told(row) for row in rows((GOLDEN / "haproxy.csv").read_text()) if row["svname"] not in ("third", "BACKEND")]
    assert theirs == ours


def metrics(text: str) -> dict[str, str]:
    """Families with their types, without those of HAProxy's modules for SSL and HTTP."""
    return {name: kind for name, kind in re.findall(r"^# TYPE (haproxy_\S+) (\S+)$", text, re.M)
            if not re.search(r"_(ssl_(sess|reused_sess|failed_handshake)|h1_\w+|h2_\w+)$", name)}


def labels(text: str) -> dict[str, set[tuple[str, ...]]]:
    """The names of the labels that each metric has."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name, inside in re.findall(r"^(haproxy_\w+)(?:\{(.*)\})? ", text, re.M):
        found.setdefault(name, set()).add(tuple(re.findall(r'(\w+)="', inside)))
    return found


def test_every_metric_of_haproxy_is_there_with_its_type_and_labels(haproxy: RealHAProxy) -> None:
    theirs_text = haproxy.get("/metrics")
    ours_text = (GOLDEN / "metrics.txt").read_text()
    theirs, ours = metrics(theirs_text), metrics(ours_text)
    assert len(theirs) > 150
    assert {name: kind for name, kind in theirs.items() if ours.get(name) != kind} == {}
    ours_labels = labels(ours_text)
    assert {name: sets for name, sets in labels(theirs_text).items()
            if name in theirs and ours_labels.get(name) != sets} == {}


def test_show_info_has_every_key(haproxy: RealHAProxy) -> None:
    def keys(text: str) -> list[str]:
        return [line.split(":")[0] for line in text.splitlines() if line]

    theirs, ours = keys(haproxy.ask("show info")), keys((GOLDEN / "show_info.txt").read_text())
    assert [key for key in ours if key in theirs] == theirs  # in HAProxy's order, too
    assert set(ours) - set(theirs) <= {"ZlibMemUsage", "MaxZlibMemUsage"}  # where HAProxy was built with zlib


def test_the_json_has_haproxys_shape(haproxy: RealHAProxy) -> None:
    def shape(value: dict[str, object]) -> set[str]:
        return set(value)

    theirs, ours = json.loads(haproxy.get("/;json")), json.loads((GOLDEN / "haproxy.json").read_text())
    assert {frozenset(shape(value)) for row in theirs for value in row} == {frozenset(shape(v)) for r in ours for v in r}

    def tags(document: list[list[dict[str, object]]]) -> dict[str, object]:
        return {str(value["field"]): (value["tags"], value["value"]["type"])  # type: ignore[index]
                for row in document for value in row if value["objType"] == "Server"}

    told = tags(theirs)
    # Whether a server's "active" is a metric or a status: HAProxy says the one of backends, the other of servers.
    different = {name for name, tag in tags(ours).items() if name in told and told[name] != tag}
    assert different == {"{'pos': 19, 'name': 'act'}", "{'pos': 20, 'name': 'bck'}"}


def test_show_servers_state_has_haproxys_columns(haproxy: RealHAProxy) -> None:
    theirs = haproxy.ask("show servers state").splitlines()
    ours = (GOLDEN / "servers_state.txt").read_text().splitlines()
    assert ours[:2] == theirs[:2]
    for line in ours[2:]:
        assert len(line.split(" ")) == len(theirs[2].split(" "))
