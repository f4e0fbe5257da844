"""A Docker engine for the tests: the one that runs already, or one of our own that leaves nothing behind.

Our own stands in a network namespace and a mount namespace of its own, with its data in a temporary folder: its bridges,
its packet filter rules, its published ports and its mounts are seen by nobody else and vanish with it, and two runs do
not meet. It reaches the package sources through a pair of virtual interfaces and one masquerading rule on the machine.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import Iterator

NEEDED = {"dockerd": "docker.io", "ip": "iproute2", "iptables": "iptables", "nsenter": "util-linux",
          "debootstrap": "debootstrap"}


class NoEngine(Exception):
    """Why there is no engine, and what would help."""


@dataclass
class Engine:
    """`prefix` goes before each command, `environment` into it."""
    environment: dict[str, str]
    prefix: list[str] = field(default_factory=list)
    own: bool = False


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoEngine(f"{' '.join(command)}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout


def answers(engine: Engine) -> bool:
    done = subprocess.run([*engine.prefix, "docker", "info", "--format", "{{json .ServerErrors}}"],
                          env=os.environ | engine.environment, capture_output=True, text=True, check=False)
    return done.returncode == 0 and json.loads(done.stdout or "null") is None


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """Raises NoEngine with the reason."""
    running = Engine({})
    if shutil.which("docker") and answers(running):
        yield running
        return
    if os.geteuid() != 0:
        raise NoEngine("no Docker engine answers this user, and only root can start one; run this as root, or put the "
                       "user into the group docker")
    missing = sorted(package for program, package in NEEDED.items() if not shutil.which(program))
    if missing:
        raise NoEngine(f"no Docker engine runs, and to start one these packages are missing: {' '.join(missing)}; run "
                       "make deps")
    with contextlib.ExitStack() as undo:
        yield own_engine(undo)


def own_engine(undo: contextlib.ExitStack) -> Engine:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tamada-docker-"))
    undo.callback(remove, folder)
    namespace = network(undo)
    socket = folder / "docker.sock"
    log = folder / "dockerd.log"
    made = Engine({"DOCKER_HOST": f"unix://{socket}", "PATH": f"/usr/bin:/usr/sbin:{os.environ['PATH']}",
                   "BUILD_NETWORK": "host"},
                  ["nsenter", f"--net=/run/netns/{namespace}"], own=True)
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            [*made.prefix, "unshare", "--mount", "--propagation", "private", "dockerd", "--host", f"unix://{socket}",
             "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "--pidfile",
             str(folder / "pid"), "--mtu", str(mtu()), "--log-level", "warn"],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
    undo.callback(stop, daemon)
    deadline = time.monotonic() + 120
    while not answers(made):
        if daemon.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").splitlines()[-8:]
            raise NoEngine("the Docker engine does not start; the end of its log:\n  " + "\n  ".join(last))
        time.sleep(0.2)
    return made


def mtu() -> int:
    """That of the way out, so that packets of our namespace fit through."""
    route = json.loads(run("ip", "-json", "route", "show", "default"))
    if not route:
        return 1500
    return int(json.loads(run("ip", "-json", "link", "show", route[0]["dev"]))[0]["mtu"])


def network(undo: contextlib.ExitStack) -> str:
    """A namespace with a way out. Its /30 is one of 10.213.0.0/16 that no interface of this machine has."""
    name = f"tamada-{os.getpid()}"
    outer, inner = f"tmd{os.getpid()}o", f"tmd{os.getpid()}i"
    taken = run("ip", "-json", "address")
    number = next(n for n in (os.getpid() + i for i in range(16384)) if f'"10.213.{n % 16384 // 64}.{n % 64 * 4 + 1}"'
                  not in taken) % 16384
    base = f"10.213.{number // 64}."
    host, guest = base + str(number % 64 * 4 + 1), base + str(number % 64 * 4 + 2)
    run("ip", "netns", "add", name)
    undo.callback(run, "ip", "netns", "delete", name)
    run("ip", "link", "add", outer, "mtu", str(mtu()), "type", "veth", "peer", "name", inner, "mtu", str(mtu()))
    # Removed before the namespace is: that one lives on while a process in it is still ending.
    undo.callback(subprocess.run, ["ip", "link", "delete", outer], stderr=subprocess.DEVNULL, check=False)
    run("ip", "link", "set", inner, "netns", name)
    run("ip", "address", "add", f"{host}/30", "dev", outer)
    run("ip", "link", "set", outer, "up")
    for command in ("link set lo up", f"address add {guest}/30 dev {inner}", f"link set {inner} up",
                    f"route add default via {host}"):
        run("ip", "-n", name, *command.split())
    forward = pathlib.Path("/proc/sys/net/ipv4/ip_forward")
    if forward.read_text().strip() == "0":
        forward.write_text("1")
        undo.callback(forward.write_text, "0")
    for rule in (["-t", "nat", "POSTROUTING", "-s", f"{guest}/32", "!", "-o", outer, "-j", "MASQUERADE"],
                 ["-t", "filter", "FORWARD", "-i", outer, "-j", "ACCEPT"],
                 ["-t", "filter", "FORWARD", "-o", outer, "-j", "ACCEPT"]):
        run("iptables", "-w", *rule[:2], "-I", *rule[2:])
        undo.callback(run, "iptables", "-w", *rule[:2], "-D", *rule[2:])
    return name


def stop(daemon: subprocess.Popen[bytes]) -> None:
    """dockerd ends its containers and containerd. What is left of its process group after a minute is killed."""
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


def remove(folder: pathlib.Path) -> None:
    """The mounts were in the engine's own namespace; it ends with its last process."""
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.2)
    if folder.exists():
        print(f"could not remove {folder}; something is still in use there", flush=True)
