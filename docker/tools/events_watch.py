"""Watches the nodes' REST APIs from inside the stack's network. Runs in a container of the node image.

The first line of the standard input holds the settings as JSON: {"nodes": ["patroni1", ...], "port": 8091,
"quick": 0.1, "slow": 0.5}. The program ends with the input. Each node is asked in a thread of its own, at a new address
whenever its name has one: `quick` seconds apart while it is not in service, `slow` ones while it is.

The standard output has one JSON object a line whenever a node looks different from before:
    {"node": NAME, "at": T, "address": A, "health": CODE, "serves": "replica"|"primary"|"", "body": {...}}
CODE is the status of GET /health, 0 without an answer. `serves` tells which of /replica and /primary is 200. The body
of a leader tells in "may_follow" which standbys are synchronous in the DCS: only those may take its place.
"""
import http.client
import json
import socket
import sys
import threading
import time
from typing import Any

TIMEOUT = 2.0


def ask(address: str, port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Status and body; 0 where nobody answers."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith(b"{") else {}
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()


def resolve(name: str) -> str:
    try:
        return socket.gethostbyname(name)
    except OSError:
        return ""


def essence(body: dict[str, Any]) -> dict[str, Any]:
    """What the rounds wait for; positions in the log would make each answer a new one."""
    replication = [[peer.get("application_name"), peer.get("state"), peer.get("sync_state")]
                   for peer in body.get("replication", [])]
    return {"state": body.get("state", ""), "role": body.get("role", ""), "timeline": body.get("timeline"),
            "system": body.get("database_system_identifier", ""), "replication": sorted(replication, key=str)}


def may_follow(cluster: dict[str, Any]) -> list[str]:
    """The synchronous standbys of GET /cluster. PostgreSQL lists a standby as synchronous seconds before the key sync
    does, since Patroni sets synchronous_standby_names first."""
    return sorted(member["name"] for member in cluster.get("members", [])
                  if member.get("role") in ("sync_standby", "quorum_standby"))


class Watch:
    """One node."""

    def __init__(self, node: str, settings: dict[str, Any], lock: threading.Lock) -> None:
        self.node, self.settings, self.lock = node, settings, lock
        self.before: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        address = resolve(self.node)
        found: dict[str, Any] = {"node": self.node, "address": address, "health": 0, "serves": "", "body": {}}
        if not address:
            return found
        port = self.settings["port"]
        found["health"], body = ask(address, port, "/health")
        if found["health"]:
            found["body"] = essence(body)
        if found["health"] == 200:
            if self.before.get("serves") and self.before["address"] == address \
                    and self.before["body"]["role"] == found["body"]["role"]:
                found["serves"] = self.before["serves"]
            else:
                path = "replica" if found["body"]["role"] == "replica" else "primary"
                found["serves"] = path if ask(address, port, "/" + path)[0] == 200 else ""
        if found["serves"] == "primary":
            found["body"]["may_follow"] = may_follow(ask(address, port, "/cluster")[1])
        return found

    def run(self) -> None:
        while True:
            started = time.time()
            found = self.look()
            if found != self.before:
                with self.lock:
                    print(json.dumps({**found, "at": time.time()}), flush=True)
                self.before = found
            pause = self.settings["slow" if found["serves"] else "quick"]
            time.sleep(max(0.0, started + pause - time.time()))


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    lock = threading.Lock()
    for node in settings["nodes"]:
        threading.Thread(target=Watch(node, settings, lock).run, daemon=True).start()
    for _ in sys.stdin:
        pass


if __name__ == "__main__":
    main()
