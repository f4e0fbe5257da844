"""The guard of a node and what it holds: PostgreSQL's processes, seen from outside."""
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

from .node import Node, is_alive
from .wait import wait_until


class Guard:
    """The parent of the node's postmaster, as long as it lives."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.pid = parent(node.postmaster())
        assert "guard" in Path(f"/proc/{self.pid}/comm").read_text()

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Nothing where it has ended, as it does when its agent has let it go and nothing of PostgreSQL is left."""
        try:
            os.kill(self.pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        wait_until("the guard is dead", lambda: not is_alive(self.pid))

    def program(self) -> str:
        """That it runs now, as the kernel calls it."""
        return os.readlink(f"/proc/{self.pid}/exe")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def guard_state(node: Node) -> str:
    """As `GET /patroni` tells it; empty: nobody tells."""
    return str(tamada_of(node).get("guard", {}).get("state", ""))


def problem(node: Node) -> str:
    return str(tamada_of(node).get("problem", ""))


def tamada_of(node: Node) -> dict[str, Any]:
    return (node.status() or {}).get("tamada") or {}


def postgres_processes(node: Node) -> list[int]:
    """Every process of PostgreSQL that works on the node's data directory; a zombie is none."""
    data, found = str(node.folder / "data"), []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            program = os.readlink(f"/proc/{entry}/exe").removesuffix(" (deleted)")
            if os.path.basename(program) == "postgres" and os.readlink(f"/proc/{entry}/cwd") == data:
                found.append(int(entry))
        except OSError:
            continue  # it has ended, or is nobody's business
    return [pid for pid in found if is_alive(pid)]


def has_leader_key(endpoint: str, scope: str) -> bool:
    """Asked of etcd itself. `endpoint`: host:port."""
    import base64
    import json
    key = base64.b64encode(f"/service/{scope}/leader".encode()).decode()
    request = urllib.request.Request(f"http://{endpoint}/v3/kv/range", json.dumps({"key": key}).encode())
    with urllib.request.urlopen(request, timeout=5) as answer:
        return bool(json.load(answer).get("kvs"))
