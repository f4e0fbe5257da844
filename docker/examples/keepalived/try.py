#!/usr/bin/python3
"""Tries keepalived.conf: two machines as network namespaces, each with a real keepalived and a real router.

    sudo docker/examples/keepalived/try.py [PROGRAM]        PROGRAM: build/bin/tamada-router unless told otherwise

Needs keepalived, curl and iproute2. What it shows: the address moves when the router behind it dies, stays where it is
when that router returns, stays when no router knows a leader, and moves when keepalived itself dies. The database is
a few lines that answer as Patroni does. Namespaces and programs are gone afterwards. Exit status 0: all as expected.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[2] / "build/bin/tamada-router").resolve()
VIP, DATABASE = "192.0.2.10", "192.0.2.1"
MACHINES = {"a": "192.0.2.11", "b": "192.0.2.12"}
WAIT_S = 20

# Answers /master with 200 or 503, as the file `leads` exists or not.
PATRONI = """
import http.server, json, os, sys
class Patroni(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        leads = os.path.exists(sys.argv[1])
        self.send_response(200 if leads == (self.path != "/replica") else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"state": "running", "role": "master" if leads else "replica", "timeline": 1,
            "server_version": 150000, "database_system_identifier": "1", "xlog": {"location": 1,
            "received_location": 1, "replayed_location": 1}, "patroni": {"version": "3.0.2", "scope": "try"}}).encode())
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer((sys.argv[2], 8008), Patroni).serve_forever()
"""


class Failed(Exception):
    """Something was not as expected."""


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    """A bridge in the namespace `net`, the machines `a` and `b` at it; programs end with the `with`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = {where: f"tamada-try-{os.getpid()}-{where}" for where in ("net", *MACHINES)}
        self.programs: dict[str, subprocess.Popen] = {}
        self.leads = folder / "leads"
        self.ends = ExitStack()

    def __enter__(self) -> "Lab":
        return self

    def build(self) -> None:
        for where in self.name.values():
            run("ip", "netns", "add", where)
            self.ends.callback(run, "ip", "netns", "del", where)
            run("ip", "-n", where, "link", "set", "lo", "up")
        net = self.name["net"]
        run("ip", "-n", net, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", net, "address", "add", f"{DATABASE}/24", "dev", "br0")
        run("ip", "-n", net, "link", "set", "br0", "up")
        for machine, address in MACHINES.items():
            run("ip", "-n", net, "link", "add", "name", machine, "type", "veth", "peer", "name", "eth0",
                "netns", self.name[machine])
            run("ip", "-n", net, "link", "set", "dev", machine, "master", "br0", "up")
            run("ip", "-n", self.name[machine], "address", "add", f"{address}/24", "dev", "eth0")
            run("ip", "-n", self.name[machine], "link", "set", "eth0", "up")

    def __exit__(self, *_: object) -> None:
        for program in list(self.programs):
            self.stop(program)
        self.ends.close()

    def start(self, name: str, where: str, *command: str, **environment: str) -> None:
        with open(self.folder / name, "a") as log:
            self.programs[name] = subprocess.Popen(
                ["ip", "netns", "exec", self.name[where], *command], stdout=log, stderr=log,
                start_new_session=True, env={"PATH": os.environ["PATH"], **environment})

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """SIGKILL goes to the whole group, so that keepalived cannot say good-bye to its peer."""
        program = self.programs.pop(name)
        if number == signal.SIGKILL:
            os.killpg(program.pid, number)
        else:
            program.send_signal(number)
        program.wait(timeout=WAIT_S)

    def start_router(self, machine: str) -> None:
        self.start(f"router-{machine}", machine, str(PROGRAM), TAMADA_NODES=DATABASE)

    def start_keepalived(self, machine: str) -> None:
        other = next(name for name in MACHINES if name != machine)
        config = (HERE / "keepalived.conf").read_text()
        for what, value in (("SELF", MACHINES[machine]), ("PEER", MACHINES[other])):
            config = re.sub(rf"^\${what}=.*$", f"${what}={value}", config, flags=re.MULTILINE)
        file = self.folder / f"{machine}.conf"
        file.write_text(config)
        pids = [f"--{kind}={self.folder / f'{machine}-{kind}'}" for kind in ("pid", "vrrp_pid")]
        self.start(f"keepalived-{machine}", machine, "keepalived", "--dont-fork", "--log-console", "--vrrp",
                   f"--use-file={file}", *pids)

    def holders(self) -> list[str]:
        return [machine for machine in MACHINES
                if f" {VIP}/" in run("ip", "-n", self.name[machine], "-4", "-o", "address", "show", "dev", "eth0")]

    def answer(self, url: str, where: str = "net") -> bool:
        curl = ["curl", "-fs", "-m", "1", "-o", "/dev/null", url]
        return subprocess.run(["ip", "netns", "exec", self.name[where], *curl]).returncode == 0

    def knows_leader(self, machine: str) -> bool:
        return self.answer("http://127.0.0.1:7000/ready?leader", machine)


def wait(what: str, condition) -> float:
    """How long it took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > WAIT_S:
            raise Failed(f"waited {WAIT_S} s for this: {what}")
        time.sleep(0.05)
    return time.monotonic() - started


def stays(lab: Lab, holder: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if lab.holders() != [holder]:
            raise Failed(f"{VIP} is on {lab.holders()}, expected it to stay on {holder}")
        time.sleep(0.1)


def moved(lab: Lab, holder: str) -> float:
    """To `holder`, and answered by its router."""
    return wait(f"{VIP} is on {holder} alone and answers",
                lambda: lab.holders() == [holder] and lab.answer(f"http://{VIP}:7000/ready"))


def tell(text: str) -> None:
    print(f"try: {text}", flush=True)


def play(lab: Lab) -> None:
    lab.build()
    lab.leads.touch()
    lab.start("patroni", "net", sys.executable, "-c", PATRONI, str(lab.leads), DATABASE)
    for machine in MACHINES:
        lab.start_router(machine)
    wait("both routers know a leader", lambda: all(map(lab.knows_leader, MACHINES)))
    for machine in MACHINES:
        lab.start_keepalived(machine)
    wait("one machine has the address", lambda: len(lab.holders()) == 1 and lab.answer(f"http://{VIP}:7000/ready"))
    time.sleep(3)
    first = lab.holders()[0]
    second = next(machine for machine in MACHINES if machine != first)
    stays(lab, first, 2)
    tell(f"{VIP} is on {first}")

    lab.stop(f"router-{first}", signal.SIGKILL)
    tell(f"the router on {first} was killed: {VIP} is on {second} after {moved(lab, second):.1f} s")
    lab.start_router(first)
    wait(f"the router on {first} knows a leader", lambda: lab.knows_leader(first))
    stays(lab, second, 6)
    tell(f"the router on {first} runs again: {VIP} stays on {second}")

    lab.leads.unlink()
    wait("no router knows a leader", lambda: not any(map(lab.knows_leader, MACHINES)))
    stays(lab, second, 6)
    tell(f"nobody leads, both checks fail: {VIP} stays on {second}, whose router holds the clients")
    lab.leads.touch()
    wait("both routers know a leader", lambda: all(map(lab.knows_leader, MACHINES)))
    stays(lab, second, 6)
    tell(f"there is a leader again: {VIP} stays on {second}")

    lab.stop(f"keepalived-{second}", signal.SIGKILL)
    run("ip", "-n", lab.name[second], "link", "set", "eth0", "down")
    took = wait(f"{VIP} answers from {first}",
                lambda: first in lab.holders() and lab.answer(f"http://{VIP}:7000/ready"))
    tell(f"the machine {second} was lost: {VIP} is on {first} after {took:.1f} s")


def main() -> int:
    if os.geteuid() != 0 or not os.access(PROGRAM, os.X_OK):
        print(f"try: has to be run as root, with a router: {PROGRAM} (make build)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="tamada-try-") as folder:
        os.chmod(folder, 0o755)
        try:
            with Lab(Path(folder)) as lab:
                play(lab)
        except (Failed, OSError) as error:
            print(f"try: {error}", file=sys.stderr)
            for log in sorted(Path(folder).glob("*-[ab]")):
                print(f"--- {log.name}\n{chr(10).join(log.read_text(errors='replace').splitlines()[-15:])}",
                      file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
