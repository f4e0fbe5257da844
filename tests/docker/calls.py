"""The calls that users of the stack make by hand: Patroni's REST API, patronictl, etcdctl, the routers' pages. All but the
pages are made from inside the network, in a node's container, as docs/docker.md shows them."""
import datetime
import json
import time
import typing

if typing.TYPE_CHECKING:
    from stack_test import Stack

NODES = ("patroni1", "patroni2", "patroni3")
# What each role answers to OPTIONS; the first column is the path.
CODES = {
    "/": (200, 503), "/master": (200, 503), "/leader": (200, 503), "/primary": (200, 503), "/read-write": (200, 503),
    "/replica": (503, 200), "/read-only": (200, 200), "/standby-leader": (503, 503), "/health": (200, 200),
}
REST = "http://{}:8091{}"


class Failure(Exception):
    """What was asked, found and expected."""


def timestamp(told: str) -> float:
    """Seconds since 1970 of the engine's 2026-01-31T12:00:00.123456789Z."""
    whole, _, fraction = told.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + float("0." + (fraction or "0"))


def inside(stack: "Stack", *command: str) -> str:
    """In the container of the first node that has one."""
    return stack.ask("docker", "exec", stack.container("patroni1"), *command)


def sql(stack: "Stack", text: str) -> str:
    """Through the router's write port, from inside the network."""
    script = ('PGPASSWORD=$(cat /run/secrets/tamada_superuser_password) '
              'exec psql -XAtq -h router -U postgres -d postgres -p 5000 -c "$0"')
    return inside(stack, "sh", "-c", script, text)


def code(stack: "Stack", node: str, path: str, method: str = "OPTIONS") -> int:
    return int(inside(stack, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method,
                      REST.format(node, path)))


def get(stack: "Stack", node: str, path: str) -> typing.Any:
    return json.loads(inside(stack, "curl", "-s", REST.format(node, path)))


def post(stack: "Stack", node: str, path: str, body: dict[str, object]) -> str:
    """With the password, which stays in the container. The answer's code and text."""
    script = ('printf "user = \\"patroni:%s\\"" "$(cat /run/secrets/tamada_rest_password)" | '
              'curl -s -K - -w " %{http_code}" -X POST -d "$1" "$0"')
    return inside(stack, "sh", "-c", script, REST.format(node, path), json.dumps(body))


def members(stack: "Stack") -> dict[str, dict[str, object]]:
    return {member["name"]: member for member in get(stack, "patroni1", "/cluster")["members"]}


def named(stack: "Stack", role: str) -> str:
    """The first member with this role, or nothing."""
    return next((name for name, member in members(stack).items() if member["role"] == role), "")


def settled(stack: "Stack", leader: str = "") -> None:
    """Waits until one leads (this one, if named), one is its synchronous standby, and all stream."""
    deadline = time.monotonic() + 120
    while True:
        now = members(stack)
        roles = sorted(str(member["role"]) for member in now.values())
        states = {str(member["state"]) for member in now.values()}
        # What Patroni says of a standby it has not asked for long is not enough: each says itself that it serves.
        if (roles == ["leader", "replica", "sync_standby"] and states <= {"running", "streaming"} and
                (not leader or named(stack, "leader") == leader) and
                all(code(stack, name, "/read-only") == 200 for name in NODES)):
            return
        if time.monotonic() > deadline:
            raise Failure(f"the cluster did not settle within 120 s: {json.dumps(now)}")
        time.sleep(0.5)


def rest(stack: "Stack") -> None:
    settled(stack)
    leader, standby = named(stack, "leader"), named(stack, "sync_standby")
    wrong = []
    for node in NODES:
        for path in ("/patroni", "/history", "/cluster", "/liveness", "/readiness"):
            found = code(stack, node, path, "GET")
            if found != 200:
                wrong.append(f"GET {node}{path}: {found}, expected 200")
        expected = {path: codes[node != leader] for path, codes in CODES.items()}
        expected |= {"/synchronous": 200 if node == standby else 503,
                     "/asynchronous": 200 if node not in (leader, standby) else 503}
        for path, want in expected.items():
            found = code(stack, node, path)
            if found != want:
                wrong.append(f"OPTIONS {node}{path}: {found}, expected {want}")
    if wrong:
        raise Failure("; ".join(wrong))
    actions(stack)
    print("every call of the REST API answers as its role asks; reinitialise, switch-over, fail-over done")


def actions(stack: "Stack") -> None:
    replica = named(stack, "replica")
    expect(post(stack, replica, "/reinitialize", {"force": True}), 200)
    settled(stack)
    leader, standby = named(stack, "leader"), named(stack, "sync_standby")
    expect(post(stack, leader, "/switchover", {"leader": leader}), 200)
    settled(stack, standby)
    candidate = named(stack, "sync_standby")
    expect(post(stack, standby, "/failover", {"candidate": candidate}), 200)
    settled(stack, candidate)
    if post(stack, candidate, "/restart", {}).endswith(" 401"):
        raise Failure("the REST API refuses its own password")
    settled(stack)
    refused = inside(stack, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-d", "{}",
                     REST.format(candidate, "/restart"))
    if refused != "401":
        raise Failure(f"POST /restart without a password: {refused}, expected 401")


def expect(answer: str, wanted: int) -> None:
    if not answer.endswith(f" {wanted}"):
        raise Failure(f"the REST API says {answer!r}, expected code {wanted}")


def commands(stack: "Stack") -> None:
    listed = inside(stack, "patronictl", "list")
    print(listed)
    missing = [node for node in NODES if node not in listed]
    if missing:
        raise Failure(f"patronictl list does not name {', '.join(missing)}")
    keys = inside(stack, "etcdctl", "--endpoints", "etcd1:2379,etcd2:2379,etcd3:2379", "get", "--prefix", "/service/",
                  "--keys-only").split()
    for key in ("/service/patroni/leader", "/service/patroni/config", "/service/patroni/members/patroni3"):
        if key not in keys:
            raise Failure(f"etcd has no key {key}, but {', '.join(keys)}")


def page(stack: "Stack", path: str, port: int = 0) -> tuple[int, str]:
    """From the machine, where the router publishes its page. Code 0: nobody answers."""
    url = f"http://127.0.0.1:{port or stack.stats}{path}"
    told = stack.ask("curl", "-s", "-m", "5", "-w", "\n%{http_code}", url, check=False)
    text, _, status = told.rpartition("\n")
    return int(status or 0), text


def pages(stack: "Stack") -> None:
    for port in (stack.stats, stack.stats2):
        for path in ("/", "/;csv", "/metrics", "/status", "/health", "/ready?leader"):
            status, text = page(stack, path, port)
            if status != 200:
                raise Failure(f"port {port}{path}: {status}, expected 200: {text[:200]}")
        if "tamada" not in page(stack, "/", port)[1].lower():
            raise Failure(f"port {port}: the page does not look like the router's")
