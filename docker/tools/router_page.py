"""What a router believes, read from its statistics port: /ready?leader and /api/v1/state."""
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 3.0


class PageError(Exception):
    """The page could not be read: whose, and why."""


@dataclass(frozen=True)
class NodeView:
    """A node as the router sees it."""
    name: str
    role: str
    state: str
    health: str  # ok, warn, bad or unknown
    timeline: int | None
    lag_bytes: int | None
    address: str | None
    reason: str
    eligible: dict[str, bool]  # by listener: gets new sessions
    why_not: dict[str, str]

    @property
    def up(self) -> bool:
        """Some listener sends it sessions."""
        return any(self.eligible.values())


@dataclass(frozen=True)
class RouterView:
    """`error` is empty when the router answered; then the rest is what it said."""
    host: str
    port: int
    error: str = ""
    service: str = ""  # of the stack, where that is known
    ready: bool = False  # accepts clients and knows a leader
    version: str = ""
    container: str = ""
    started_at_ms: int = 0
    leader: str | None = None
    reason: str = ""
    etcd: str = ""  # connected, silent, connecting; empty: not configured
    waiting: int = 0
    sessions: int = 0
    disagreements: list[str] = field(default_factory=list)
    nodes: list[NodeView] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    def node(self, name: str) -> NodeView | None:
        return next((node for node in self.nodes if node.name == name), None)


def get(host: str, port: int, path: str, timeout: float = TIMEOUT_S) -> tuple[int, bytes]:
    """HTTP status and body; no status is an error here. Raises PageError if there is no answer."""
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, ValueError) as error:
        raise PageError(f"{url}: {getattr(error, 'reason', None) or error}") from error


def state(host: str, port: int, timeout: float = TIMEOUT_S) -> dict[str, Any]:
    """/api/v1/state as it is; raises PageError."""
    status, body = get(host, port, "/api/v1/state", timeout)
    if status != 200:
        raise PageError(f"http://{host}:{port}/api/v1/state: HTTP status {status}, expected 200")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise PageError(f"http://{host}:{port}/api/v1/state: no JSON: {error}") from error
    if not isinstance(found, dict) or "leader" not in found:
        raise PageError(f"http://{host}:{port}/api/v1/state: this is not a tamada-router")
    return found


def view(host: str, port: int, timeout: float = TIMEOUT_S) -> RouterView:
    """Never raises: a router that does not answer is told in `error`."""
    try:
        ready, _ = get(host, port, "/ready?leader", timeout)
        found = state(host, port, timeout)
    except PageError as error:
        return RouterView(host, port, error=str(error))
    return from_state(host, port, ready == 200, found)


def from_state(host: str, port: int, ready: bool, found: dict[str, Any]) -> RouterView:
    leader, etcd = found["leader"], found["cluster"]["etcd"]
    return RouterView(
        host, port, ready=ready, version=found["router"]["version"], container=found["router"]["host"],
        started_at_ms=found["router"]["started_at"], leader=leader["name"], reason=leader["reason"],
        etcd=etcd["state"] if etcd else "", waiting=leader["waiting"],
        sessions=sum(listener["sessions"] for listener in found["listeners"]),
        disagreements=[one["words"] for one in found["disagreements"]],
        nodes=[_node(node) for node in found["nodes"]])


def _node(node: dict[str, Any]) -> NodeView:
    routes = node["listeners"]
    return NodeView(
        node["name"], node["role"], node["state"], node["health"], node["timeline"], node["lag_bytes"], node["address"],
        node["reason"], {name: route["eligible"] for name, route in routes.items()},
        {name: route["why_not"] for name, route in routes.items()})
