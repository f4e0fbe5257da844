"""One etcd, with its own data folder."""
import os
import subprocess
import urllib.request
from pathlib import Path

from .network import Network, free_port
from .process import Server, service_user
from .wait import wait_until


class Etcd:
    def __init__(self, network: Network, folder: Path) -> None:
        self.address = network.address(2)
        self.client_port = free_port(self.address, 2379)
        self._peer_port = free_port(self.address, 2380)
        self._folder = folder
        self.server: Server | None = None

    @property
    def endpoint(self) -> str:
        """`host:port`, as Patroni and the router want it."""
        return f"{self.address}:{self.client_port}"

    def start(self) -> None:
        client, peer = f"http://{self.endpoint}", f"http://{self.address}:{self._peer_port}"
        self.server = Server(
            ["etcd", "--name", "one", "--data-dir", str(self._folder / "etcd"),
             "--listen-client-urls", client, "--advertise-client-urls", client,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"one={peer}", "--logger", "zap", "--log-level", "warn",
             # A vote needs nobody else here; shorter times only make the start quicker.
             "--heartbeat-interval", "50", "--election-timeout", "250"],
            self._folder / "etcd.log", env={"ETCD_UNSUPPORTED_ARCH": "arm64"} if _is_arm() else None,
            user=service_user())
        wait_until("etcd answers", self.healthy)

    def healthy(self) -> bool:
        with urllib.request.urlopen(f"http://{self.endpoint}/health", timeout=2) as answer:
            return b'"true"' in answer.read()

    def ctl(self, *words: str) -> str:
        """What etcdctl prints."""
        return subprocess.run(["etcdctl", "--endpoints", self.endpoint, *words], check=True, capture_output=True,
                              env={**os.environ, "ETCDCTL_API": "3"}, text=True, timeout=30).stdout

    def stop(self) -> None:
        if self.server:
            self.server.stop(5)
            self.server = None

    def restart(self) -> None:
        self.stop()
        self.start()


def _is_arm() -> bool:
    import platform
    return platform.machine() == "aarch64"
