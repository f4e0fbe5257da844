"""Real monitoring on a real cluster: Debian's prometheus-haproxy-exporter reads the CSV and the run-time socket, Debian's
Prometheus scrapes, every query of the dashboard and of the alert rules has an answer, and an alert comes when nobody
leads. (test_formats.py has what these programs make of files.)"""
import contextlib
import json
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import yaml

from cluster import NO_PASSWORDS, Cluster, HAProxy, Router, Workload, wait_until
from cluster.network import free_port
from cluster.process import Server

SETTINGS = {**NO_PASSWORDS, "nodes": 2, "ttl": 20, "loop_wait": 2, "retry_timeout": 3}
ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "config/prometheus/alerts.yml"
DASHBOARD = ROOT / "config/grafana/tamada-router.json"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def router(cluster: Cluster, make_router: Callable[..., Router]) -> Router:
    socket = f"{cluster.folder}/admin.sock level operator"
    limit = {"node_max_connections": 10000}  # as HAProxy's servers have it here
    router = make_router(cluster, etcd=True, config={"stats": {"socket": [socket]},
                                                     "listeners": {"write": limit, "read": limit}})
    router.wait_ready()
    return router


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


@contextlib.contextmanager
def serving(command: list[str], folder: Path) -> Iterator[None]:
    folder.chmod(0o755)
    server = Server(command, folder / "log", cwd=folder)
    try:
        yield
    finally:
        server.stop()


def samples(text: str) -> Samples:
    found: Samples = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.M):
        found[name, tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)))] = float(value)
    return found


# --- prometheus-haproxy-exporter

def exported(cluster: Cluster, folder: Path, uri: str) -> Samples:
    """What the exporter makes of a proxy at `uri`, without what it says of itself."""
    address = cluster.network.address(60)
    place = f"{address}:{free_port(address, 9101)}"
    with serving(["prometheus-haproxy-exporter", f"--web.listen-address={place}", f"--haproxy.scrape-uri={uri}"],
                 folder):
        text = wait_until("the exporter answers", lambda: get(f"http://{place}/metrics"))
    found = samples(text)
    assert found["haproxy_up", ()] == 1 and found["haproxy_exporter_csv_parse_failures_total", ()] == 0, text
    return {key: value for key, value in found.items() if re.match("haproxy_(server|frontend|backend)_", key[0])}


def test_the_exporter_reads_csv_and_socket_and_tells_what_we_tell(cluster: Cluster, router: Router,
                                                                  tmp_path: Path) -> None:
    with Workload(cluster, router) as load:
        load.wait_for_writes()
    wait_until("all sessions are over", lambda: router.listener("write")["sessions"] == 0)
    by_csv = exported(cluster, tmp_path, router.stats_url("/;csv"))
    by_socket = exported(cluster, tmp_path, f"unix:{cluster.folder}/admin.sock")
    ours = samples(get(router.stats_url("/metrics")))

    def sessions_only(found: Samples) -> Samples:
        """Without the proxy `stats`, which counts the scrapes, and what goes by the clock."""
        return {key: value for key, value in found.items()
                if "stats" not in dict(key[1]).values() and not re.search("rate|duration|downtime|second", key[0])}

    assert sessions_only(by_csv) == sessions_only(by_socket)
    leader = cluster.wait_for_leader().name
    assert {(labels["server"], value) for (name, pairs), value in by_csv.items() for labels in [dict(pairs)]
            if name == "haproxy_server_up" and labels["backend"] == "write"} == {
                (node.name, float(node.name == leader)) for node in cluster.nodes}
    compared = 0
    for (name, pairs), value in sessions_only(by_csv).items():
        labels = dict(pairs)
        place = {"proxy": labels.get("backend") or labels["frontend"]}
        if "server" in labels:
            place["server"] = labels["server"]
        mine = ours.get((name, tuple(sorted(place.items()))))
        if mine is not None:  # the exporter has older names for some
            compared += 1
            assert mine == value, (name, place)
    assert compared > 60
    assert by_csv["haproxy_server_sessions_total", (("backend", "write"), ("server", leader))] > 100


def test_the_exporter_makes_of_us_what_it_makes_of_haproxy(cluster: Cluster, router: Router, tmp_path: Path) -> None:
    haproxy = cluster.add(HAProxy(cluster))
    haproxy.start()
    haproxy.wait_ready()
    page = "http://%s:%d/;csv" % haproxy.stats
    wait_until("HAProxy has checked each server", lambda: len(re.findall(",DOWN,.*,L7STS,|,UP,.*,L7OK,", get(page))) == 4)
    theirs = exported(cluster, tmp_path, page)
    ours = exported(cluster, tmp_path, router.stats_url("/;csv"))
    # HAProxy 3 tells no HTTP requests of TCP proxies any more, and neither do we.
    gone = {("haproxy_frontend_http_requests_total", (("frontend", name),)) for name in ("write", "read")}
    assert sorted(set(theirs) - gone) == sorted(ours)
    for key in ours:
        if re.fullmatch("haproxy_(server_up|server_weight|server_limit_sessions|backend_up|backend_weight)", key[0]):
            assert theirs[key] == ours[key], key
    haproxy.stop()


# --- Prometheus

class Prometheus:
    def __init__(self, place: str) -> None:
        self._place = place

    def _ask(self, path: str) -> Any:
        answer = json.loads(get(f"http://{self._place}/api/v1/{path}"))
        assert answer["status"] == "success" and not answer.get("warnings"), answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        return list(self._ask("query?" + urllib.parse.urlencode({"query": expression}))["result"])

    def value(self, expression: str) -> float | None:
        result = self.query(expression)
        return float(result[0]["value"][1]) if result else None

    def alerts(self) -> dict[str, str]:
        return {alert["labels"]["alertname"]: alert["state"] for alert in self._ask("alerts")["alerts"]}

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        return list(self._ask("targets")["activeTargets"])


@pytest.fixture
def prometheus(cluster: Cluster, router: Router, tmp_path: Path) -> Iterator[Prometheus]:
    """Scrapes the router every second, with the shipped alert rules and job name."""
    config = yaml.safe_load((ROOT / "config/prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ALERTS)]
    config["scrape_configs"][0]["static_configs"] = [{"targets": ["%s:%d" % router.stats]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = cluster.network.address(61)
    place = f"{address}:{free_port(address, 9090)}"
    with serving(["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
                  f"--web.listen-address={place}"], tmp_path):
        wait_until("Prometheus is ready", lambda: "Ready" in get(f"http://{place}/-/ready"))
        yield Prometheus(place)


def dashboard_queries() -> list[tuple[str, str]]:
    """(where, query) with Grafana's variables filled in, as test_formats.py does."""
    dashboard = json.loads(DASHBOARD.read_text())
    asked = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [(note["name"], note["expr"]) for note in dashboard["annotations"]["list"]]
    filled = []
    for where, query in asked:
        for variable, value in (("$__rate_interval", "1m"), ("$__range", "5m"), ("$job", ".*"), ("$instance", ".*")):
            query = query.replace(variable, value)
        filled.append((where, query))
    return filled


def test_prometheus_scrapes_and_every_query_has_an_answer(cluster: Cluster, router: Router,
                                                          prometheus: Prometheus) -> None:
    wait_until("it is up", lambda: prometheus.value('up{job="tamada-router"}') == 1)
    before = cluster.wait_for_leader()
    with Workload(cluster, router) as load:
        after = cluster.switchover()
        load.wait_for_writes()
        cluster.wait_healthy()
        wait_until("the fail-over is told", lambda: prometheus.value("changes(tamada_failovers_total[1m])"))
        wait_until("the new leader is told", lambda: [one["metric"]["name"] for one in prometheus.query(
            "tamada_leader_info")] == [after.name])
        # A second scrape of everything, with sessions on it.
        wait_until("sessions are told", lambda: prometheus.value(
            f'tamada_route_sessions{{listener="write",node="{after.name}"}} > 0'))
        # How far a replica is behind, and the like, is known again some moments after a switchover.
        for where, query in dashboard_queries():
            wait_until(f"{where} has an answer to {query}", lambda: prometheus.query(query))
    targets = prometheus.targets()
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")]
    assert {before.name, after.name} == {one["metric"]["node"] for one in prometheus.query("tamada_node_up == 1")}
    # HAProxy's names beside ours, as existing dashboards ask for them.
    assert prometheus.value('haproxy_server_status{proxy="write",state="UP"} == 1') == 1
    rules = prometheus.rules()
    wait_until("all rules were evaluated", lambda: all(rule["health"] == "ok" for rule in prometheus.rules()))
    assert [(rule["name"], rule["lastError"]) for rule in prometheus.rules() if rule.get("lastError")] == []
    assert len(rules) == len([rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]])
    # Nothing is wrong but that a switchover took place.
    wait_until("that one is told", lambda: set(prometheus.alerts()) == {"TamadaFailedOver"})


def test_an_alert_fires_when_nobody_leads_and_ends_with_the_next_leader(cluster: Cluster, router: Router,
                                                                        prometheus: Prometheus) -> None:
    wait_until("a leader is told", lambda: prometheus.value("tamada_leader_known") == 1)
    assert "TamadaNoLeader" not in prometheus.alerts()
    for node in cluster.nodes:
        node.kill9()
    wait_until("nobody leads", lambda: prometheus.value("tamada_leader_known") == 0)
    wait_until("the alert is pending", lambda: prometheus.alerts().get("TamadaNoLeader") in ("pending", "firing"))
    wait_until("the alert fires", lambda: prometheus.alerts().get("TamadaNoLeader") == "firing", 120)
    assert prometheus.value("tamada_without_leader_seconds > 0")
    for node in cluster.nodes:
        node.start()
    cluster.wait_healthy()
    wait_until("the alert is over", lambda: "TamadaNoLeader" not in prometheus.alerts(), 120)
