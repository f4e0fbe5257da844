#!/usr/bin/python3
"""The whole stack in a real engine: builds the images, deploys, makes the calls, breaks nodes, updates under load,
compares with HAProxy, packages, and takes all of it down again. `make test-docker` runs it; it starts an engine where
none runs, and fails where it cannot. Its parts, in order, are STEPS; ONLY=name,name runs some of them, on images that
are there.

Ends with what every part took and one line of how many passed. Nothing stays behind: not in the engine either.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import calls  # noqa: E402  (the folder of this file)
from engine import Engine, NoEngine, engine  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MEGABYTE = 1000 * 1000


class Failure(Exception):
    """What was done, found and expected."""


class Stack:
    """A stack of this run's own name, ports and image tag."""

    def __init__(self, where: Engine) -> None:
        self.where = where
        number = os.getpid()
        first = 20000 + number % 200 * 100
        self.name = f"tamada-test-{number}"
        self.tag = f"test-{number}"
        self.write, self.read, self.stats = first, first + 1, first + 2
        self.write2, self.stats2 = first + 3, first + 5
        self.haproxy = [first + 6, first + 7, first + 8]
        self.base = os.environ.get("BASE_IMAGE", "debian:bookworm-slim")
        self.environment = os.environ | where.environment | {
            "STACK": self.name, "TAMADA_TAG": self.tag, "ROUTERS": "two", "STACK_ENV": "", "BASE_IMAGE": self.base,
            "WRITE_PORT": str(self.write), "READ_PORT": str(self.read), "STATS_PORT": str(self.stats),
            "WRITE_PORT2": str(self.write2), "READ_PORT2": str(first + 4), "STATS_PORT2": str(self.stats2),
            "COMPOSE_PROJECT_NAME": self.name + "-one"}

    def say(self, *command: str, **environment: str) -> None:
        """Runs a command whose output people want to see; raises Failure unless it succeeds."""
        done = subprocess.run([*self.where.prefix, *command], env=self.environment | environment, cwd=ROOT,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}: exit status {done.returncode}")

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*self.where.prefix, *command], env=self.environment, cwd=ROOT, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *command: str, check: bool = True, stdin: str = "") -> str:
        """What a command prints; raises Failure unless it succeeds."""
        done = subprocess.run([*self.where.prefix, *command], env=self.environment, cwd=ROOT, text=True, input=stdin,
                              capture_output=True, check=False)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip()

    def container(self, service: str) -> str:
        found = self.ask("docker", "ps", "-q", "--filter", f"label=com.docker.swarm.service.name={self.name}_{service}")
        if not found:
            raise Failure(f"{service} has no running container")
        return found.split()[0]

    def image(self, part: str) -> str:
        return f"tamada-{part}:{self.tag}"


def wait(what: str, condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.2)


def images(stack: Stack) -> None:
    stack.say("docker/build-images.sh")
    sizes = {name: int(stack.ask("docker", "image", "inspect", "--format", "{{.Size}}", name))
             for name in (stack.base, stack.image("router"))}
    over = (sizes[stack.image("router")] - sizes[stack.base]) / MEGABYTE
    print(f"the router's image: {over:.1f} MB over the base (goal: 100)")
    if over > 100:
        raise Failure(f"the router's image is {over:.1f} MB over the base, expected at most 100")


def sidecar(stack: Stack) -> None:
    """From TAMADA_* alone, without privileges, on a read-only file system; and how soon it accepts."""
    took = []
    for _ in range(3):
        container = stack.ask("docker", "run", "-d", "--read-only", "--cap-drop", "ALL", "-e",
                              "TAMADA_NODES=nowhere1,nowhere2", stack.image("router"))
        try:
            # Counted inside the container, where no proxy of the engine accepts for it.
            stack.ask("docker", "exec", container, "bash", "-c",
                      "until (exec 3<>/dev/tcp/127.0.0.1/5000) 2>/dev/null; do :; done")
            accepted = time.time()
            told = stack.ask("docker", "inspect", "--format", "{{.State.StartedAt}}", container)
            took.append(accepted - calls.timestamp(told))
            wait("the router's health check", lambda: stack.ask(
                "docker", "inspect", "--format", "{{.State.Health.Status}}", container) == "healthy", 60)
            user = stack.ask("docker", "exec", container, "id", "-u")
            if user != "10125":
                raise Failure(f"the router runs as user {user}, expected 10125")
        finally:
            stack.ask("docker", "rm", "-f", "-v", container)
    print(f"from its start until the router accepts: {', '.join(f'{one:.2f}' for one in took)} s (goal: 1)")
    if min(took) > 10:
        raise Failure("the router takes more than 10 s to accept")


def deploy(stack: Stack) -> None:
    stack.say("docker/deploy.sh", "--timeout", "300")
    stack.say("docker/status.sh")
    no_password_told(stack)


def no_password_told(stack: Stack) -> None:
    """Passwords stand in no service's description and in no container's environment or arguments."""
    node = stack.container("patroni1")
    passwords = [stack.ask("docker", "exec", node, "cat", f"/run/secrets/tamada_{name}_password")
                 for name in ("superuser", "replication", "rest")]
    services = stack.ask("docker", "service", "ls", "-q", "--filter",
                         f"label=com.docker.stack.namespace={stack.name}").split()
    told = stack.ask("docker", "service", "inspect", *services) + stack.ask(
        "docker", "inspect", *(stack.container(name) for name in ("patroni1", "etcd1", "router")))
    if any(password in told for password in passwords):
        raise Failure("a password stands in a service's or a container's description")


def update_under_load(stack: Stack) -> None:
    """A new router image, while every insert opens a connection that lists both routers. By the machine's address, as
    clients from elsewhere do: at 127.0.0.1 the engine's own proxy accepts for a router that is not there."""
    password = stack.ask("docker", "exec", stack.container("patroni1"), "cat",
                         "/run/secrets/tamada_superuser_password")
    before = {name: stack.container(name) for name in ("router", "router2")}
    program = (pathlib.Path(__file__).parent / "load.py").read_text()
    load = stack.start("docker", "run", "-i", "--rm", "--network", "host", "--entrypoint", "python3",
                       stack.image("node"), "-c", program, address(stack), str(stack.write), str(stack.write2))
    try:
        assert load.stdin
        load.stdin.write(password + "\n")
        load.stdin.flush()
        stack.ask("docker", "build", "-t", stack.image("router"), "--label", "tamada.test=updated", "-",
                  stdin=f"FROM {stack.image('router')}\n")
        stack.say("docker/deploy.sh")
        after = {name: stack.container(name) for name in before}
    finally:
        told = load.communicate(timeout=120)[0]
    result = json.loads(told.splitlines()[-1])
    print(f"while both routers were replaced: {result['done']} inserts, each over a new connection, "
          f"{result['errors']} errors, the longest {result['longest']} s")
    same = [name for name in before if before[name] == after[name]]
    if same:
        raise Failure(f"not replaced: {', '.join(same)}")
    if result["errors"] or not result["done"]:
        raise Failure(f"a client that lists two routers saw errors: {result['first']}")


def chaos(stack: Stack) -> None:
    stack.say("docker/chaos.sh", "--kinds", "one,two,all", "--timeout", "300")


def compare(stack: Stack) -> None:
    stack.say("docker/compare-haproxy.sh", "--nodes", "replica", "--wait", "20", "--ports",
              ",".join(map(str, stack.haproxy)))


def keep_data(stack: Stack) -> None:
    """Without --with-data the rows are there again after the next deployment."""
    rows = "SELECT count(*) FROM load_rows"
    before = calls.sql(stack, rows)
    stack.say("docker/undeploy.sh")
    stack.say("docker/deploy.sh")
    after = calls.sql(stack, rows)
    if before != after or int(after) == 0:
        raise Failure(f"undeployed and deployed again: {after} rows, expected {before}")


def remove(stack: Stack) -> None:
    stack.say("docker/undeploy.sh", "--with-data", "--yes")


def without_volumes(stack: Stack) -> None:
    stack.environment["STORAGE"] = "none"
    stack.say("docker/deploy.sh")
    # An etcd that lost its data finds its way back, as does a node.
    lost = stack.container("etcd2")
    stack.ask("docker", "rm", "-f", "-v", lost)
    stack.say("docker/deploy.sh")
    stack.say("docker/chaos.sh", "--kinds", "one,two,lost", "--destroy-all-copies", "--timeout", "300")
    stack.say("docker/undeploy.sh", "--with-data", "--yes")
    del stack.environment["STORAGE"]


def compose(stack: Stack) -> None:
    """docker/compose.yml with Debian's Compose, and the example of a sidecar beside it."""
    one = ["docker-compose", "-f", "docker/compose.yml"]
    example = ["docker-compose", "-f", "docker/examples/sidecar/compose.yml"]
    network = stack.environment["COMPOSE_PROJECT_NAME"] + "_net"
    password = ROOT / "build" / f"password-{os.getpid()}"
    sidecar_project = {"COMPOSE_PROJECT_NAME": stack.name + "-app", "NETWORK": network, "PASSWORD_FILE": str(password)}
    try:
        stack.say(*one, "up", "-d")
        wait("a leader behind the router of docker/compose.yml", lambda: calls.page(stack, "/ready?leader")[0] == 200)
        password.parent.mkdir(exist_ok=True)
        password.write_text(stack.ask(*one, "exec", "-T", "patroni1", "cat", "/run/secrets/tamada_superuser_password"))
        password.chmod(0o444)
        stack.say(*example, "up", "-d", "--build", **sidecar_project)
        saved = stack.environment
        stack.environment = saved | sidecar_project

        def wrote_and_read() -> bool:
            said = stack.ask(*example, "logs", "app", check=False)
            return "patroni" in said or "wrote" in said

        wait("the example application's first line", wrote_and_read)
        print("\n".join(stack.ask(*example, "logs", "--tail", "3", "app").splitlines()[-3:]))
        stack.environment = saved
    finally:
        stack.say(*example, "down", "-v", **sidecar_project)
        stack.say(*one, "down", "-v")
        password.unlink(missing_ok=True)


def package(stack: Stack) -> None:
    """The Debian package's life, in a container with systemd."""
    stack.say("make", "-s", "package")
    stack.say("tests/docker/package_test.sh", str(next((ROOT / "build/packages").glob("tamada-router_*.deb"))))


STEPS = [images, sidecar, deploy, calls.rest, calls.commands, calls.pages, update_under_load, chaos, compare, keep_data,
         remove, without_volumes, compose, package]


def things(stack: Stack) -> set[str]:
    """What stands in the engine, to be compared before and after."""
    kinds = {"container": ["ps", "-aq"], "volume": ["volume", "ls", "-q"], "image": ["images", "-q", "--no-trunc"],
             "network": ["network", "ls", "--format", "{{.Name}}"]}
    if json.loads(stack.ask("docker", "info", "--format", "{{json .Swarm}}"))["LocalNodeState"] == "active":
        kinds |= {"service": ["service", "ls", "-q"], "secret": ["secret", "ls", "-q"]}
    found = {f"{kind} {name}" for kind, command in kinds.items() for name in stack.ask("docker", *command).split()}
    return found - {"network docker_gwbridge", "network ingress"}  # the swarm's own, made when it likes


def clean(stack: Stack, before: set[str], failed: bool) -> None:
    """Takes down what a failed part left, and the images that came with this run."""
    if failed:
        stack.environment.pop("STORAGE", None)
        print(stack.ask("docker", "service", "ls", check=False))
        stack.ask("docker/undeploy.sh", "--with-data", "--yes", check=False)
        stack.ask("docker", "stack", "rm", stack.name, check=False)
    for _ in range(10):  # an image goes only after those that stand on it
        images_left = [thing.split()[1] for thing in things(stack) - before if thing.startswith("image ")]
        for image in images_left:
            stack.ask("docker", "rmi", "-f", image, check=False)


def play(stack: Stack) -> tuple[int, int]:
    """How many parts passed and failed. A part that fails ends the run, since the next ones build on it."""
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else None
    steps = [step for step in STEPS if only is None or step.__name__ in only]
    passed, took = 0, []
    for step in steps:
        print(f"--- {step.__name__}", flush=True)
        started = time.monotonic()
        try:
            step(stack)
        except (Failure, calls.Failure, OSError, AssertionError) as error:
            print(f"FAILED: {step.__name__}: {error}", flush=True)
            return passed, 1
        took.append(f"{step.__name__} {time.monotonic() - started:.0f} s")
        passed += 1
    print("took: " + ", ".join(took))
    return passed, 0


def address(stack: Stack) -> str:
    """This machine's (in an engine of our own: its namespace's) first address that is not a loopback one."""
    return stack.ask("hostname", "-I").split()[0]


def swarm(stack: Stack) -> bool:
    """Makes a swarm of this machine where it is in none; true: it was us."""
    state = json.loads(stack.ask("docker", "info", "--format", "{{json .Swarm}}"))["LocalNodeState"]
    if state == "inactive":
        stack.ask("docker", "swarm", "init", "--advertise-addr", address(stack))
    return state == "inactive"


def main() -> int:
    # A SIGTERM is as good as Ctrl-C: everything is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    try:
        with engine() as where:
            print("test-docker: " + ("an engine of its own" if where.own else "the engine that runs here"), flush=True)
            stack = Stack(where)
            ours = swarm(stack)
            before = things(stack)
            failed = 1
            try:
                passed, failed = play(stack)
            finally:
                clean(stack, before, failed != 0)
            left = things(stack) - before
            if left and not failed:
                print(f"FAILED: left behind in the engine: {', '.join(sorted(left))}")
                failed = 1
            if ours:
                stack.ask("docker", "swarm", "leave", "--force")
    except NoEngine as error:
        print(f"test-docker: {error}", file=sys.stderr)
        return 1
    print(f"test-docker: {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
