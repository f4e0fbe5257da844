"""What other programs make of the formats: promtool, Prometheus, prometheus-haproxy-exporter and hatop read the golden
files that the renderers' unit tests keep (tests/fixtures/stats), and the dashboard and the alerts ask for nothing that
is not in them."""
import contextlib
import http.server
import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator

import pytest
import yaml

from cluster import wait_until
from cluster.network import Network, free_port
from cluster.process import Server

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/fixtures/stats"
DASHBOARD = ROOT / "config/grafana/tamada-router.json"
ALERTS = ROOT / "config/prometheus/alerts.yml"
PAGES = {"/metrics": GOLDEN / "metrics.txt", "/;csv": GOLDEN / "haproxy.csv"}
METRIC = re.compile(r"\b(?:tamada|haproxy)_[a-z0-9_]+\b")


def run(*command: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in command], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd=ROOT)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), "")


def families() -> dict[str, str]:
    """Every metric of the golden file, with its type."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", (GOLDEN / "metrics.txt").read_text(), re.M))


def dashboard_queries() -> list[tuple[str, str]]:
    """(where, query) of every panel and annotation, with Grafana's variables filled in."""
    dashboard = json.loads(DASHBOARD.read_text())
    found = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [(note["name"], note["expr"]) for note in dashboard["annotations"]["list"]]
    filled = []
    for where, query in found:
        for variable, value in (("$__rate_interval", "5m"), ("$__range", "5m"), ("$job", ".*"), ("$instance", ".*")):
            query = query.replace(variable, value)
        assert "$" not in query, f"{where}: a variable that this test does not know in {query}"
        filled.append((where, query))
    return filled


def alert_queries() -> list[tuple[str, str]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [(rule["alert"], rule["expr"]) for group in groups for rule in group["rules"]]


class Golden(http.server.BaseHTTPRequestHandler):
    """Serves the golden files as the router would."""

    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        body = page.read_bytes() if page else b""
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


@pytest.fixture(scope="module")
def golden(network: Network) -> Iterator[str]:
    """host:port of a server that shows the golden files."""
    server = http.server.ThreadingHTTPServer((network.address(1), 0), Golden)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"{server.server_address[0]!s}:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextlib.contextmanager
def serving(command: list[str], folder: Path) -> Iterator[Server]:
    folder.chmod(0o755)
    server = Server(command, folder / "log", cwd=folder)
    try:
        yield server
    finally:
        server.stop()


def get(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return str(answer.read().decode())
    except (OSError, urllib.error.URLError):
        return None


def hatop() -> ModuleType:
    """The installed hatop, as a module: it is one file of Python."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("hatop", "/usr/bin/hatop")
    spec = importlib.util.spec_from_loader("hatop", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_promtool_finds_nothing_wrong_with_our_own_metrics() -> None:
    found = run("promtool", "check", "metrics", stdin=(GOLDEN / "metrics.txt").read_bytes())
    # HAProxy's names are HAProxy's: this one is a counter without "_total" there, too.
    others = [line for line in found.stdout.splitlines() if not line.startswith("haproxy_process_failed_resolutions ")]
    assert others == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # hatop's own
def test_hatop_reads_the_rows_and_the_process() -> None:
    program = hatop()
    rows, proxies, services = program.parse_stat((GOLDEN / "haproxy.csv").read_text().splitlines())
    assert (proxies, services) == (3, 12)
    assert rows[1]["FRONTEND"]["pxname"] == "write" and rows[1][2]["status"] == "DOWN" and rows[1][2]["svname"] == "second"
    assert rows[2][2]["scur"] == 57 and rows[2]["BACKEND"]["act"] == 1
    info = program.parse_info((GOLDEN / "show_info.txt").read_text().splitlines())
    assert info["software_name"] == "Tamada" and info["node"] == "router1"


def test_prometheus_haproxy_exporter_reads_the_csv(network: Network, golden: str, tmp_path: Path) -> None:
    address = f"{network.address(2)}:{free_port(network.address(2), 9101)}"
    with serving(["prometheus-haproxy-exporter", f"--web.listen-address={address}",
                  f"--haproxy.scrape-uri=http://{golden}/;csv"], tmp_path):
        text = wait_until("the exporter answers", lambda: get(f"http://{address}/metrics"))
    assert "haproxy_up 1" in text.splitlines()
    assert "haproxy_exporter_csv_parse_failures_total 0" in text.splitlines()
    assert 'haproxy_server_up{backend="write",server="first"} 1' in text.splitlines()
    assert 'haproxy_server_up{backend="write",server="second"} 0' in text.splitlines()
    assert 'haproxy_server_up{backend="read",server="third"} 1' in text.splitlines()  # DRAIN
    assert 'haproxy_frontend_current_sessions{frontend="read"} 61' in text.splitlines()


def test_the_alert_rules_and_the_configuration_are_right() -> None:
    for check in (("check", "rules", ALERTS), ("check", "config", ROOT / "config/prometheus/prometheus.yml"),
                  ("test", "rules", GOLDEN / "alerts_test.yml")):
        done = run("promtool", *check)
        assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout


def test_every_alert_has_a_test_of_when_it_fires() -> None:
    tested = (GOLDEN / "alerts_test.yml").read_text()
    assert [name for name, _ in alert_queries() if name not in tested] == []


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule["alert"]
        assert rule["annotations"]["summary"].endswith(".") and rule["annotations"]["description"]


def test_dashboard_and_alerts_ask_only_for_what_the_router_tells() -> None:
    names = set(families())
    for family, kind in families().items():
        if kind == "histogram":
            names |= {family + suffix for suffix in ("_bucket", "_sum", "_count")}
    unknown = {f"{where}: {name}" for where, query in dashboard_queries() + alert_queries()
               for name in METRIC.findall(query) if name not in names}
    assert unknown == set()


def test_the_dashboard_has_no_two_panels_in_one_place() -> None:
    taken: dict[tuple[int, int], str] = {}
    identifiers = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        assert panel["id"] not in identifiers and place["x"] + place["w"] <= 24, panel["title"]
        identifiers.add(panel["id"])
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


def test_prometheus_answers_every_query_of_the_dashboard(network: Network, golden: str, tmp_path: Path) -> None:
    config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(ALERTS)],
              "scrape_configs": [{"job_name": "tamada-router", "static_configs": [{"targets": [golden]}]}]}
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    address = f"{network.address(3)}:{free_port(network.address(3), 9090)}"

    def ask(query: str) -> list[dict[str, Any]]:
        text = get(f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        return list(json.loads(text)["data"]["result"]) if text else []

    with serving(["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
                  f"--web.listen-address={address}"], tmp_path):
        wait_until("Prometheus has scraped twice", lambda: ask("rate(tamada_process_cpu_seconds_total[5m])"))
        empty = [where for where, query in dashboard_queries() if not ask(query)]
        leader = ask("max by (name) (tamada_leader_info)")
        rules = json.loads(get(f"http://{address}/api/v1/rules") or "{}")["data"]["groups"]

    # No fail-over took place while this test ran.
    assert empty == ["Fail-overs"]
    assert [sample["metric"] for sample in leader] == [{"name": "pg1"}]
    assert [len(group["rules"]) for group in rules] == [len(alert_queries())]
