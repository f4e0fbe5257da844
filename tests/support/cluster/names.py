"""A name server of the test's own, and a mount namespace in which a program asks it.

Names appear, move and vanish as the test says. It needs root: for the namespace, and for port 53.
"""
import os
import threading
from pathlib import Path

from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import BaseResolver, DNSServer

from .network import Network

# What has to be true for Names to work, and the reason to print when it is not.
NEEDS = "needs root: a name server on port 53 and a mount namespace with its own resolv.conf"


def possible() -> bool:
    return os.geteuid() == 0


class Names(BaseResolver):
    """`names.set("patroni1.test", "127.1.2.3", "::1")`; unknown names get NXDOMAIN. Answers must not be kept (TTL 0)."""

    def __init__(self, network: Network, folder: Path) -> None:
        self._addresses: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        address = network.address(53)
        self._server = DNSServer(self, address=address, port=53, logger=_Silent())
        self._server.start_thread()
        self._resolv_conf = folder / "resolv.conf"
        self._resolv_conf.write_text(f"nameserver {address}\noptions timeout:1 attempts:2\n")
        self._resolv_conf.chmod(0o644)

    def set(self, name: str, *addresses: str) -> None:
        with self._lock:
            self._addresses[name] = list(addresses)

    def remove(self, name: str) -> None:
        with self._lock:
            self._addresses.pop(name, None)

    def prefix(self) -> list[str]:
        """Put in front of a command, it makes the command ask this server."""
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                f"mount --bind {self._resolv_conf} /etc/resolv.conf && exec \"$@\"", "sh"]

    def stop(self) -> None:
        self._server.stop()
        self._server.server.server_close()

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """Called by dnslib, on its thread."""
        reply = request.reply()
        name = str(request.q.qname).rstrip(".")
        with self._lock:
            addresses = self._addresses.get(name)
        if addresses is None:
            reply.header.rcode = RCODE.NXDOMAIN
        for address in addresses or []:
            kind, data = (QTYPE.AAAA, AAAA) if ":" in address else (QTYPE.A, A)
            if request.q.qtype == kind:
                reply.add_answer(RR(request.q.qname, kind, rdata=data(address), ttl=0))
        return reply


class _Silent:
    """dnslib logs each packet otherwise."""

    def __getattr__(self, _name: str) -> object:
        return lambda *_: None
