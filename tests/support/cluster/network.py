"""Loopback addresses and ports of one run's own.

Every run takes a /24 of 127.0.0.0/8 for itself, so that servers can have the port numbers people know (5432, 8008)
and a node can come back at another address. Two runs at once never share one: the claim is an abstract Unix socket,
which the kernel drops when the process ends, however it ends.
"""
import random
import socket


class Network:
    def __init__(self) -> None:
        for _ in range(200):
            self._prefix = f"127.{random.randint(64, 250)}.{random.randint(1, 250)}"
            self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._claim.bind(f"\0tamada-test-network-{self._prefix}")
                return
            except OSError:
                self._claim.close()
        raise RuntimeError("no free loopback network after 200 tries")

    def address(self, host: int) -> str:
        """`127.x.y.host`."""
        return f"{self._prefix}.{host}"

    def close(self) -> None:
        self._claim.close()


def free_port(address: str, preferred: int) -> int:
    """`preferred` when nobody listens there (on this address or on all of them), else one that the kernel names."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError(f"no free port on {address}")
