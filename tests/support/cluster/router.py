"""The router, with its configuration file and what it says on its statistics port."""
import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Mapping, Sequence

import yaml

from .cluster import Cluster
from .network import free_port
from .process import Server
from .proxy import Proxy
from .wait import wait_until

REPOSITORY = Path(__file__).resolve().parents[3]


def router_program() -> Path:
    """TAMADA_ROUTER, else the release that `make build` makes."""
    return Path(os.environ.get("TAMADA_ROUTER") or REPOSITORY / "build/bin/tamada-router")


def router_environment() -> dict[str, str]:
    """Of a router that a test starts by itself: variables of tests that begin as its settings do are left out."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TAMADA_")}


def merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, mapping by mapping. None takes a setting out."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


class Router(Proxy):
    """`config` is laid over the usual settings (see default_config). `etcd`: it watches the leader key."""

    def __init__(self, cluster: Cluster, *, host: int = 1, address: str | None = None,
                 config: Mapping[str, Any] | None = None,
                 etcd: bool = False, ports: tuple[int, int, int] = (5000, 5001, 7000),
                 prefix: Sequence[str] = (), names: Mapping[str, str] | None = None,
                 file: Path | None = None, like: "Router | None" = None, program: Path | None = None,
                 more_nodes: Sequence[dict[str, str]] = (), stats_tls: ssl.SSLContext | None = None) -> None:
        """`file` exists already and is taken as it is; its addresses are those of `like`. `names` gives nodes (by
        their name) a host name to be found under instead of their address; `more_nodes` follow them. `stats_tls`:
        how to speak to its statistics port where `config` has it behind HTTPS."""
        self._more_nodes = more_nodes
        self.name = "router"
        self.stats_tls = stats_tls
        self._program = program or router_program()
        self._cluster, self._etcd, self._prefix, self._names = cluster, etcd, prefix, names or {}
        address = address or cluster.network.address(host)
        self.write = address, free_port(address, ports[0])
        self.read = address, free_port(address, ports[1])
        self.stats = address, free_port(address, ports[2])
        if like:
            self.write, self.read, self.stats = like.write, like.read, like.stats
        if file:
            self.file = file
        else:
            self.file = cluster.folder / f"router-{host}.yaml"
            self.file.unlink(missing_ok=True)
        self.log = cluster.folder / f"router-{host}.log"
        self.config = merge(self.default_config(), config or {})

    def default_config(self) -> dict[str, Any]:
        nodes = []
        for node in self._cluster.nodes:
            host = self._names.get(node.name, node.address)
            nodes.append({"name": node.name, "postgres": f"{host}:{node.postgres_port}",
                          "api": f"http://{host}:{node.api_port}"})
        cluster: dict[str, Any] = {"name": self._cluster.settings.scope, "nodes": [*nodes, *self._more_nodes]}
        if self._etcd:
            cluster["etcd"] = {"hosts": [self._cluster.etcd.endpoint], "namespace": "/service"}
        return {
            "cluster": cluster,
            "listeners": {
                "write": {"bind": "%s:%d" % self.write, "to": "leader"},
                "read": {"bind": "%s:%d" % self.read, "to": "replica", "otherwise": "leader"},
            },
            "stats": {"bind": "%s:%d" % self.stats},
        }

    # --- its life

    def start(self) -> "Router":
        if not self.file.exists():
            self.write_config()
        self.server = Server([str(self._program), "-f", str(self.file)], self.log, prefix=self._prefix,
                             nofile=40000)
        wait_until("the router listens", lambda: self._running() and self.code("/ready") == 200)
        return self

    def _running(self) -> bool:
        if self.server and not self.server.running():
            raise RuntimeError(f"the router ended with {self.server.exit_code()}:\n{self.log_text()[-3000:]}")
        return True

    def write_config(self, changes: Mapping[str, Any] | None = None) -> None:
        """Lays `changes` over the configuration and replaces the file by rename, as configuration tools do."""
        self.config = merge(self.config, changes or {})
        new = self.file.with_suffix(".new")
        new.write_text(yaml.safe_dump(self.config, sort_keys=False))
        new.chmod(0o644)
        new.replace(self.file)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    # --- what it says of itself

    def stats_url(self, path: str) -> str:
        """Of something on its statistics port."""
        return "%s://%s:%d%s" % ("https" if self.stats_tls else "http", *self.stats, path)

    def code(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.stats_url(path), timeout=5, context=self.stats_tls) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.stats_url("/status"), timeout=5, context=self.stats_tls) as answer:
            return dict(json.load(answer))

    def state(self) -> dict[str, Any]:
        """All that the API says."""
        with urllib.request.urlopen(self.stats_url("/api/v1/state"), timeout=10, context=self.stats_tls) as answer:
            return dict(json.load(answer))

    def sessions(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.stats_url("/api/v1/sessions"), timeout=10, context=self.stats_tls) as answer:
            return list(json.load(answer)["sessions"])

    def leader(self) -> str | None:
        """The name of the node that it believes to lead."""
        return self.status()["leader"]["node"]

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.status()["nodes"] if node["name"] == name)

    def listener(self, name: str) -> dict[str, Any]:
        return next(listener for listener in self.status()["listeners"] if listener["name"] == name)

    def generation(self) -> int:
        return int(self.status()["config"]["generation"])
