"""The rows of `make bench`: each measures one thing for one target, once, and is called again for every round."""
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from targets import ROOT

from cluster import Cluster, Proxy
from cluster.network import free_port
from cluster.process import POSTGRES_BIN, Server
from cluster.wait import wait_until
from cluster.wire import dial, startup_packet

# metric -> value
Result = dict[str, float]


def _cpu(proxy: Proxy) -> float:
    return proxy.server.cpu_seconds() if proxy.server else 0.0


def pgbench(proxy: Proxy, clients: int, seconds: float, *options: str) -> Result:
    """`pgbench -S -M prepared`: transactions a second, and the proxy's CPU microseconds for each."""
    output, cpu = _pgbench(proxy, clients, seconds, "-S", "-M", "prepared", *options)
    done = int(_found(r"transactions actually processed: (\d+)", output))
    return {"tps": float(_found(r"tps = ([0-9.]+)", output)), "cpu_us": cpu / done * 1e6}


def connect(proxy: Proxy, clients: int, seconds: float) -> Result:
    """A new connection for each transaction: connections a second, CPU microseconds for each."""
    output, cpu = _pgbench(proxy, clients, seconds, "-S", "-C")
    done = int(_found(r"transactions actually processed: (\d+)", output))
    return {"per_s": float(_found(r"tps = ([0-9.]+)", output)), "cpu_us": cpu / done * 1e6}


def latency(proxy: Proxy, clients: int, seconds: float) -> Result:
    """Each transaction's microseconds, from pgbench's own log: median and 99th percentile."""
    with tempfile.TemporaryDirectory() as folder:
        _pgbench(proxy, clients, seconds, "-S", "-M", "prepared", "-l", f"--log-prefix={folder}/log")
        took = sorted(int(line.split()[2]) for path in Path(folder).iterdir() for line in open(path))
    took = took[len(took) // 20:]  # without the first statements of each connection: they prepare
    return {"p50_us": statistics.median(took), "p99_us": took[int(len(took) * 0.99)]}


def copy_out(proxy: Proxy, mebibytes: int) -> Result:
    """COPY ... TO STDOUT through psql into /dev/null."""
    command = f"COPY (SELECT repeat('x', 8191) FROM generate_series(1, {mebibytes * 128})) TO STDOUT"
    started = time.monotonic()
    before = _cpu(proxy)
    _run(proxy, [f"{POSTGRES_BIN}/psql", "-qAtX", "-c", command], stdout=subprocess.DEVNULL)
    return _speed(mebibytes, started, _cpu(proxy) - before)


def copy_in(proxy: Proxy, mebibytes: int) -> Result:
    """COPY ... FROM STDIN of the same amount. The trigger of the view throws rows away: no disk is measured."""
    # One column, ended by the newline; psql reads the file, so the shell adds nothing.
    line = b"x" * 8191 + b"\n"
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        for _ in range(mebibytes):
            file.write(line * 128)
        file.flush()
        started = time.monotonic()
        before = _cpu(proxy)
        _run(proxy, [f"{POSTGRES_BIN}/psql", "-qAtX", "-c", f"\\copy bench_sink FROM '{file.name}'"])
        return _speed(mebibytes, started, _cpu(proxy) - before)


def raw_out(proxy: Proxy, mebibytes: int) -> Result:
    """Bytes from fake_node.py to a client that does nothing but take them."""
    with dial(proxy.write) as client:
        client.sendall(startup_packet(database="source"))
        assert client.recv(1) == b"R"
        buffer = bytearray(1 << 20)
        left = mebibytes << 20
        before = _cpu(proxy)
        started = time.monotonic()
        while left > 0:
            left -= client.recv_into(buffer)
        return _speed(mebibytes, started, _cpu(proxy) - before)


def raw_in(proxy: Proxy, mebibytes: int) -> Result:
    """Bytes from a client that does nothing but send them; ends when the server has taken the last."""
    with dial(proxy.write) as client:
        client.sendall(startup_packet(database="sink"))
        _read_welcome(client)
        chunk = bytes(1 << 20)
        before = _cpu(proxy)
        started = time.monotonic()
        for _ in range(mebibytes):
            client.sendall(chunk)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b"!"
        return _speed(mebibytes, started, _cpu(proxy) - before)


def idle(proxy: Proxy, sessions: int) -> Result:
    """Memory for each session that says nothing. The proxy must be a fresh one; a few sessions come and go first, so
    that what it sets up once does not count."""
    assert proxy.server
    for client in [_idle_session(proxy) for _ in range(50)]:
        client.close()
    time.sleep(1)
    before = proxy.server.memory_kib()
    clients = [_idle_session(proxy) for _ in range(sessions)]
    time.sleep(2)
    after = proxy.server.memory_kib()
    for client in clients:
        client.close()
    return {"bytes": (after["Rss"] - before["Rss"]) * 1024 / sessions,
            "pss_bytes": (after["Pss"] - before["Pss"]) * 1024 / sessions, "rss_mib": after["Rss"] / 1024}


def rest(proxy: Proxy, seconds: float) -> Result:
    """Nobody connected: per cent of one processor, and memory."""
    assert proxy.server
    time.sleep(3)
    before, started = _cpu(proxy), time.monotonic()
    time.sleep(seconds)
    return {"cpu_percent": (_cpu(proxy) - before) / (time.monotonic() - started) * 100,
            "rss_mib": proxy.server.memory_kib()["Rss"] / 1024}


class FakeNode:
    """fake_node.py, in the place of a cluster's node: HAProxy and the router are pointed at it. The first one leads."""

    def __init__(self, cluster: Cluster, index: int = 0) -> None:
        self.node = cluster.nodes[index]
        self.node.postgres_port = free_port(self.node.address, 5432)
        self.node.api_port = free_port(self.node.address, 8008)
        program = ROOT / "bench/fake_node.py"
        role = ["replica"] if index else []
        self._server = Server(["/usr/bin/python3", str(program), self.node.address, str(self.node.postgres_port),
                               str(self.node.api_port), self.node.name, *role],
                              cluster.folder / f"fake_node-{index}.log", nofile=20000)
        wait_until("the fake node answers", lambda: self.node.get("/patroni"))

    def stop(self) -> None:
        self._server.kill9()


def wait_ready_for_fake(proxy: Proxy) -> None:
    def works() -> bool:
        with dial(proxy.write, timeout=5) as client:
            client.sendall(startup_packet(database="idle"))
            return client.recv(1) == b"R"
    wait_until(f"{proxy.name} leads to the fake node", works)


def _idle_session(proxy: Proxy) -> socket.socket:
    client = dial(proxy.write)
    client.sendall(startup_packet(database="idle"))
    _read_welcome(client)
    return client


def _read_welcome(client: socket.socket) -> None:
    received = b""
    while not received.endswith(b"Z\0\0\0\5I"):
        part = client.recv(4096)
        if not part:
            raise ConnectionError(f"closed during the start-up after {received!r}")
        received += part


def _pgbench(proxy: Proxy, clients: int, seconds: float, *options: str) -> tuple[str, float]:
    before = _cpu(proxy)
    output = _run(proxy, [f"{POSTGRES_BIN}/pgbench", "-n", "-c", str(clients), "-j", str(min(clients, 2)),
                          "-T", str(max(1, int(seconds))), *options])
    return output, _cpu(proxy) - before


def _run(proxy: Proxy, command: list[str], stdout: int = subprocess.PIPE) -> str:
    done = subprocess.run(command, env={**os.environ, **proxy.environment(), "PGSSLMODE": "disable"}, text=True,
                          stdout=stdout, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} through {proxy.name}: {done.stderr}")
    return done.stdout or ""


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        raise RuntimeError(f"no {pattern!r} in:\n{text}")
    return match.group(1)


def _speed(mebibytes: int, started: float, cpu: float) -> Result:
    took = time.monotonic() - started
    return {"mib_s": mebibytes / took, "cpu_ms_per_gib": cpu * 1000 / (mebibytes / 1024)}
