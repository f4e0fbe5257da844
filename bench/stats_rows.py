"""The rows of `make bench` about the statistics port: what it can answer, and what being scraped costs the sessions."""
import json
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import rows
import wrk
from targets import ROOT, HAProxy, Proxy, Router

from cluster import Cluster, wait_until
from cluster.network import free_port
from cluster.process import Server

# row -> what is asked for, of HAProxy and of the router. Where HAProxy has two pages for it, its quicker one counts.
PAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "csv": (("/;csv",), "/;csv"),
    "metrics": (("/metrics",), "/metrics"),
    "status": (("/", "/;json"), "/status"),
}
CONNECTIONS = 8
SCRAPES_PER_SECOND = 200
SCRAPED = ("/;csv", "/metrics")
EFFECT_CLIENTS = 8

def requests(proxy: Proxy, page: str, seconds: float, *, keep_alive: bool) -> rows.Result:
    """What wrk gets out of one page: requests a second, median and 99th percentile in microseconds, the proxy's CPU
    microseconds for each request, and the size of an answer."""
    of_haproxy, of_router = PAGES[page]
    paths = of_haproxy if isinstance(proxy, HAProxy) else (of_router,)
    assert proxy.server
    found = [wrk.requests(proxy.server, _stats_url(proxy) + path, seconds, connections=CONNECTIONS, keep_alive=keep_alive)
             for path in paths]
    return max(found, key=lambda result: result["per_s"])


def _stats_url(proxy: Proxy) -> str:
    assert isinstance(proxy, (HAProxy, Router))
    return "http://%s:%d" % proxy.stats


def paced(proxy: Proxy, seconds: float) -> rows.Result:
    """What a proxy at rest does with scrapes at a steady pace: latency, and its CPU microseconds for each. What it does
    while nobody asks is taken off."""
    assert proxy.server and isinstance(proxy, (HAProxy, Router))
    before, started = proxy.server.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    at_rest = (proxy.server.cpu_seconds() - before) / (time.monotonic() - started)
    with _Scraper(proxy.stats) as scraper:
        before, started = proxy.server.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        cpu, took = proxy.server.cpu_seconds() - before, time.monotonic() - started
    found = scraper.checked(proxy.name)
    return {"p50_us": found["p50_us"], "p99_us": found["p99_us"], "scrapes_per_s": found["per_s"],
            "cpu_us": (cpu - at_rest * took) / (found["per_s"] * took) * 1e6}


# --- what it costs the sessions

class Dummy:
    """dummy_stats.py: answers the scraper with as many bytes as the router would, at next to no cost."""

    def __init__(self, cluster: Cluster, router: Proxy) -> None:
        self.address = cluster.network.address(30)
        self.port = free_port(self.address, 7000)
        sizes = []
        for path in SCRAPED:
            with urllib.request.urlopen(_stats_url(router) + path, timeout=10) as answer:
                sizes.append(f"{path}={len(answer.read())}")
        self.server = Server(["/usr/bin/python3", "-S", str(ROOT / "bench/dummy_stats.py"), self.address,
                              str(self.port), *sizes], cluster.folder / "dummy_stats.log")
        wait_until("the dummy answers", self._answers)

    def _answers(self) -> bool:
        with urllib.request.urlopen(f"http://{self.address}:{self.port}{SCRAPED[0]}", timeout=5) as answer:
            return bool(answer.read())

    def stop(self) -> None:
        self.server.kill9()


@dataclass(frozen=True)
class Arm:
    """Who is scraped while pgbench runs; nobody where there is no server."""
    name: str
    at: tuple[str, int] | None = None


def arms(cluster: Cluster, router: Proxy) -> list[Arm]:
    dummy = cluster.add(Dummy(cluster, router))
    assert isinstance(router, Router)
    return [Arm("nobody"), Arm("dummy", (dummy.address, dummy.port)), Arm("router", router.stats)]


class _Scraper:
    """scraper.py at its rate for as long as the block runs."""

    def __init__(self, at: tuple[str, int]) -> None:
        self._process = subprocess.Popen(
            ["/usr/bin/python3", "-S", str(Path(__file__).with_name("scraper.py")), at[0], str(at[1]),
             str(SCRAPES_PER_SECOND), *SCRAPED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.result: dict[str, float] = {}

    def __enter__(self) -> "_Scraper":
        assert self._process.stdout
        if self._process.stdout.readline() != "scraping\n":
            raise RuntimeError("the scraper did not start")
        return self

    def __exit__(self, *_: object) -> None:
        output, _ = self._process.communicate()  # closes its input: it ends
        if self._process.returncode == 0:
            self.result = json.loads(output)

    def checked(self, name: str) -> dict[str, float]:
        if not self.result or self.result["errors"]:
            raise RuntimeError(f"scraping {name}: {self.result or 'the scraper failed'}")
        return self.result


def effect(router: Proxy, arm: Arm, seconds: float) -> rows.Result:
    """pgbench through the router's write port while `arm` is scraped: as rows.pgbench, and how many scrapes a second
    there were."""
    if arm.at is None:
        return rows.pgbench(router, EFFECT_CLIENTS, seconds)
    with _Scraper(arm.at) as scraper:
        result = rows.pgbench(router, EFFECT_CLIENTS, seconds)
    found = scraper.checked(arm.name)
    return {**result, "scrapes_per_s": found["per_s"], "scraper_cpu_us": found["cpu_us"]}
