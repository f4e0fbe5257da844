"""HAProxy 2.6 as people set it up in front of Patroni: what the router is measured against."""
import resource
import socket
from typing import Mapping, Sequence

from .cluster import Cluster
from .network import free_port
from .process import Server, tail
from .proxy import Proxy
from .wait import wait_until


class HAProxy(Proxy):
    """`threads` None is HAProxy's default (one per processor). `splice` lets the kernel move the bytes."""

    def __init__(self, cluster: Cluster, *, host: int = 3, threads: int | None = None, splice: bool = False,
                 names: Mapping[str, str] | None = None, prefix: Sequence[str] = ()) -> None:
        """`names` and `prefix` as for the router."""
        self.name = "HAProxy"
        self._cluster, self._threads, self._splice = cluster, threads, splice
        self._names, self._prefix = names or {}, prefix
        address = cluster.network.address(host)
        self.write = address, free_port(address, 5000)
        self.read = address, free_port(address, 5001)
        self.stats = address, free_port(address, 7000)
        self._file = cluster.folder / f"haproxy-{host}.cfg"

    def _config(self) -> str:
        servers = "\n".join(
            f"    server {node.name} {self._names.get(node.name, node.address)}:{node.postgres_port}"
            f" maxconn 10000 check port {node.api_port}" for node in self._cluster.nodes)
        threads = f"    nbthread {self._threads}\n" if self._threads else ""
        splice = "    option splice-auto\n" if self._splice else ""

        def listener(name: str, address: tuple[str, int], check: str) -> str:
            return (f"listen {name}\n    bind {address[0]}:{address[1]}\n    option httpchk OPTIONS {check}\n"
                    "    http-check expect status 200\n"
                    "    default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions\n"
                    f"{servers}\n")
        # HAProxy refuses to start when it cannot have two descriptors per session, and some pipes for splicing.
        most = min(20000, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200) // 3)
        return (f"global\n    maxconn {most}\n{threads}"
                "defaults\n    mode tcp\n    retries 2\n    timeout connect 4s\n    timeout client 30m\n"
                f"    timeout server 30m\n    timeout check 5s\n{splice}"
                + listener("write", self.write, "/master") + listener("read", self.read, "/replica")
                + f"listen stats\n    mode http\n    bind {self.stats[0]}:{self.stats[1]}\n    stats enable\n"
                "    stats uri /\n    http-request use-service prometheus-exporter if { path /metrics }\n")

    def start(self) -> "HAProxy":
        self._file.write_text(self._config())
        self._file.chmod(0o644)
        log = self._file.with_suffix(".log")
        self.server = server = Server(["haproxy", "-db", "-f", str(self._file)], log, prefix=self._prefix,
                                      nofile=40000)

        def listens() -> bool:
            if not server.running():
                raise RuntimeError(f"HAProxy ended:\n{tail(log)}")
            with socket.create_connection(self.write, timeout=2):
                return True
        wait_until("HAProxy listens", listens)
        return self

    def wait_ready(self, *, replicas: bool = True, seconds: float = 60) -> None:
        """HAProxy takes every server for healthy until its checks have failed three times: waits until it has learned."""
        def learned() -> bool:
            return all(self.serves(self.write, False) and (not replicas or self.serves(self.read, True))
                       for _ in range(12))
        wait_until("HAProxy knows who leads", learned, seconds)
