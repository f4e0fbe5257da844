"""The API on the statistics port of a real cluster: everything that stats-ui/api/v1/openapi.json names is asked for, and
every answer is what the document says, while a leader, its sessions and the whole cluster change."""
import json
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until
from cluster.openapi import OpenApi
from cluster.stats_client import Answer, StatsClient, basic, password_hash

SETTINGS = {**NO_PASSWORDS, "loop_wait": 2, "retry_timeout": 3}
UI = Path(__file__).resolve().parents[2] / "stats-ui"
DOCUMENT = UI / "api/v1/openapi.json"
PASSWORD = "correct horse battery"
CONFIG = {"stats": {"users": [f"dba:{password_hash(PASSWORD)}"]}, "workers": 2}
MakeRouter = Callable[..., Router]


class Watcher(threading.Thread):
    """A browser: it takes the event stream, and checks each event against the document."""

    def __init__(self, client: StatsClient, api: OpenApi) -> None:
        super().__init__(daemon=True)
        self._events, self._api = client.events(), api
        self.state: dict[str, Any] = {}  # the sections as told so far
        self.names: list[str] = []
        self.sizes: list[int] = []  # how many sections each `state` had
        self.error: BaseException | None = None
        whole = api.schema("State")
        number = {"type": "number"}
        self._schemas = {
            "state": {**whole, "required": ["now_at", "snapshot"]},
            "chart": {"type": "object", "required": ["at", "points"], "additionalProperties": False, "properties": {
                "at": {"type": "integer"}, "points": {"type": "object", "additionalProperties": {
                    "type": "array", "items": number, "minItems": 5, "maxItems": 5}}}},
            "beat": {"type": "object", "required": ["now_at"], "additionalProperties": False,
                     "properties": {"now_at": {"type": "integer"}}}}

    def run(self) -> None:
        try:
            for name, data in self._events:
                schema = self._api.schema("State") if not self.names else self._schemas[name]
                self._api.validate(data, schema, f"event {name}")
                if name == "state":
                    self.state = {**self.state, **data}
                    self.sizes.append(len(data))
                self.names.append(name)
        except BaseException as error:  # told by check()
            self.error = error

    def wait(self, what: str, condition: Callable[[dict[str, Any]], Any]) -> None:
        """Until the picture that this browser has been told satisfies `condition`."""
        def seen() -> bool:
            assert self.error is None, self.error
            return bool(self.state) and bool(condition(self.state))
        wait_until(f"the event stream tells: {what}", seen)


@pytest.fixture
def router(cluster: Cluster, make_router: MakeRouter) -> Router:
    router = make_router(cluster, config=CONFIG)
    router.wait_ready()
    return router


@pytest.fixture
def client(router: Router) -> StatsClient:
    return StatsClient(router.stats)


@pytest.fixture
def api(client: StatsClient) -> OpenApi:
    """The document as the router serves it: the one that lies in the repository."""
    document = client.get("/api/v1/openapi.json").json()
    assert document == json.loads(DOCUMENT.read_text())
    return OpenApi(document)


@pytest.fixture
def watcher(client: StatsClient, api: OpenApi) -> Iterator[Watcher]:
    """Watches while the test runs; a test that ends well has had no wrong event."""
    watcher = Watcher(client, api)
    watcher.start()
    wait_until("the first event", lambda: watcher.names or watcher.error)
    yield watcher
    assert watcher.error is None, watcher.error


def test_what_the_page_is_developed_with_is_as_the_document_says() -> None:
    """The C++ tests compare the same file with what the router sends."""
    api, fixture = OpenApi(json.loads(DOCUMENT.read_text())), json.loads((UI / "fixture.json").read_text())
    for part, schema in (("state", "State"), ("charts", "Charts"), ("sessions", "Sessions")):
        api.validate(fixture[part], api.schema(schema), part)


def test_everything_that_can_be_read_is_as_the_document_says(cluster: Cluster, router: Router, client: StatsClient,
                                                             api: OpenApi, watcher: Watcher) -> None:
    before = cluster.wait_for_leader()
    with Workload(cluster, router):
        reader = router.connect(router.read, application_name="a \"reader\" <b>")
        after = cluster.switchover()
        watcher.wait("the fail-over is over", lambda state: [one["over"] for one in state["failovers"]] == [True])
        values = {"{name}": [after.name, before.name, "no such thing"], "{number}": ["1", "99", "x"]}

        def targets(path: str) -> list[str]:
            if path == "/api/v1/listeners/{name}":
                return [path.replace("{name}", name) for name in ("write", "read", "nothing")]
            for variable, found in values.items():
                if variable in path:
                    return [path.replace(variable, value.replace(" ", "%20")) for value in found]
            return [path]

        readable = {path for _, path in api.operations(changes=False)} - {"/events"}
        for target in [target for path in sorted(readable) for target in targets(path)]:
            answer = api.check("GET", target, client.get(target))
            head = client.ask("HEAD", target)
            # A length may differ: between the two the picture changed.
            assert (head.status, head.body) == (answer.status, b"")
            assert head.headers["Content-Type"] == answer.headers["Content-Type"] and head.headers["Content-Length"]
        sort = next(one for one in api.document["paths"]["/api/v1/sessions"]["get"]["parameters"]
                    if one["name"] == "sort")["schema"]["enum"]
        for query in [f"sort={key}&order={order}" for key in sort for order in ("asc", "desc")]:
            assert api.check("GET", "/api/v1/sessions?" + query, client.get("/api/v1/sessions?" + query)).status == 200
        for query in ("sort=x", "order=x", "limit=0", "limit=1001", "limit=x", "offset=-1", "nonsense=1"):
            assert api.check("GET", "/api/v1/sessions?" + query, client.get("/api/v1/sessions?" + query)).status == 400
        mine = client.get("/api/v1/sessions?listener=read&search=READER").json()
        assert [one["application"] for one in mine["sessions"]] == ["a \"reader\" <b>"] and mine["total"] > 1
        reader.close()

        watcher.wait("a chart and some changes", lambda _: "chart" in watcher.names and len(watcher.sizes) > 3)
    assert api.succeeded() >= {("get", path) for path in readable}
    assert watcher.sizes[0] == len(api.schema("State")["required"])  # the first is whole, later ones are parts
    assert min(watcher.sizes) < watcher.sizes[0]
    # What the stream told, bit by bit, is what a page sees that comes now. (The old leader may still be on its way back.)
    wait_until("both tell the same", lambda: watcher.state["leader"] == client.get("/api/v1/leader").json())
    assert watcher.state["leader"]["name"] == after.name


def act(api: OpenApi, client: StatsClient, method: str, path: str, body: Any, headers: dict[str, str]) -> str:
    """A change that is carried out; gives the sentence back that says what was done."""
    answer = api.check(method, path, client.ask(method, path, body, headers))
    assert answer.status == 200, f"{method} {path}: {answer.body!r}"
    return str(answer.json()["done"])


def test_everything_that_can_be_changed_is_and_the_answers_are_as_the_document_says(
        cluster: Cluster, router: Router, client: StatsClient, api: OpenApi, watcher: Watcher) -> None:
    page, answer = client.sign_in("dba", PASSWORD)
    assert api.check("POST", "/api/v1/sign-in", answer).json()["user"] == "dba"
    assert client.get("/api/v1/me", page).json()["csrf"] == page["X-Tamada-CSRF"]
    program = basic("dba", PASSWORD)
    first, second = cluster.wait_for_leader(), cluster.replicas()[0]
    one = f"/api/v1/nodes/{second.name}"

    def node(state: dict[str, Any], name: str) -> dict[str, Any]:
        return dict(next(node for node in state["nodes"] if node["name"] == name))

    # What is asked of the router itself.
    act(api, client, "PUT", one + "/state", {"state": "drain", "listener": "read"}, page)
    watcher.wait("drained for reads", lambda s: node(s, second.name)["listeners"]["read"]["admin"] == "drain"
                 and node(s, second.name)["listeners"]["write"]["admin"] == "ready")
    act(api, client, "PUT", one + "/state", {"state": "maintenance"}, program)
    watcher.wait("in maintenance, by whom", lambda s: node(s, second.name)["admin"] == "maintenance"
                 and "dba" in node(s, second.name)["admin_by"])
    act(api, client, "PUT", one + "/state", {"state": "ready"}, page)
    act(api, client, "PUT", one + "/weight", {"weight": 7, "listener": "read"}, program)
    watcher.wait("ready, with a weight", lambda s: node(s, second.name)["listeners"]["read"]["weight"] == 7
                 and node(s, second.name)["listeners"]["write"]["weight"] == 1 and node(s, second.name)["admin"] == "ready")

    # Sessions: one alone, then all of a node.
    sessions = [router.connect(application_name=f"s{number}") for number in range(3)]
    listed = {one["application"]: one for one in client.get("/api/v1/sessions?listener=write").json()["sessions"]}
    assert listed["s1"]["backend_pid"] == sessions[1].info.backend_pid and listed["s1"]["node"] == first.name
    act(api, client, "DELETE", f"/api/v1/sessions/{listed['s1']['id']}", None, page)
    wait_until("it is gone", lambda: client.get("/api/v1/sessions?search=s1").json()["matched"] == 0)
    assert client.get("/api/v1/sessions?listener=write").json()["matched"] == 2
    done = act(api, client, "DELETE", f"/api/v1/nodes/{first.name}/sessions?listener=write", None, program)
    assert "2 sessions" in done
    wait_until("all are gone", lambda: client.get("/api/v1/sessions?listener=write").json()["matched"] == 0)
    for session in sessions:
        session.close()

    # What only Patroni can do.
    with Workload(cluster, router) as load:
        assert second.name in act(api, client, "POST", "/api/v1/switchover", {"candidate": second.name}, page)
        watcher.wait("the other one leads", lambda s: s["leader"]["name"] == second.name)
        load.wait_for_writes()
    assert cluster.wait_for_leader() is second
    assert load.report().errors_on_new_connections() == [], load.report().describe()
    assert client.get("/api/v1/failovers").json()[0]["to"] == second.name
    cluster.wait_healthy()

    def started(name: str) -> Any:
        return cluster.sql("SELECT pg_postmaster_start_time()", cluster.node(name))

    was = started(first.name)
    act(api, client, "POST", f"/api/v1/nodes/{first.name}/restart", {}, page)
    wait_until("PostgreSQL was restarted", lambda: cluster.node(first.name).is_streaming_replica()
               and started(first.name) != was)

    born = (cluster.node(first.name).folder / "data/PG_VERSION").stat().st_ino
    cluster.wait_healthy()
    act(api, client, "POST", f"/api/v1/nodes/{first.name}/reinitialize", {}, program)
    wait_until("its data are new", lambda: (cluster.node(first.name).folder / "data/PG_VERSION").stat().st_ino != born)
    cluster.wait_healthy()

    out = api.check("POST", "/api/v1/sign-out", client.ask("POST", "/api/v1/sign-out", headers=page))
    assert out.status == 200 and client.get("/api/v1/me", page).json()["user"] is None
    assert api.check("PUT", one + "/state", client.ask("PUT", one + "/state", {"state": "drain"}, page)).status == 401
    assert api.succeeded() >= api.operations(changes=True)
    for line in ('action=administer', 'action=set_weight', 'action=end_session ', 'action=end_sessions',
                 'action=switchover', 'action=restart', 'action=reinitialize'):
        assert any(line in text and "by=dba" in text for text in router.log_text().splitlines()), line


def test_what_cannot_be_done_is_answered_as_the_document_says(cluster: Cluster, client: StatsClient,
                                                              api: OpenApi) -> None:
    leader = cluster.wait_for_leader().name
    who = basic("dba", PASSWORD)
    refused: list[tuple[str, str, Any, int]] = [
        ("PUT", "/api/v1/nodes/none/state", {"state": "drain"}, 404),
        ("PUT", f"/api/v1/nodes/{leader}/state", {"state": "asleep"}, 400),
        ("PUT", f"/api/v1/nodes/{leader}/state", {"state": "drain", "listener": "none"}, 404),
        ("PUT", f"/api/v1/nodes/{leader}/state", {"state": "drain", "whim": 1}, 400),
        ("PUT", f"/api/v1/nodes/{leader}/state", b'{"state": "drain"}', 415),
        ("PUT", f"/api/v1/nodes/{leader}/weight", {"weight": 257}, 400),
        ("PUT", f"/api/v1/nodes/{leader}/weight", {}, 400),
        ("DELETE", "/api/v1/sessions/0.999999", None, 404),
        ("DELETE", "/api/v1/sessions/x", None, 404),
        ("DELETE", f"/api/v1/nodes/{leader}/sessions?listener=none", None, 404),
        ("POST", "/api/v1/switchover", {"candidate": "none"}, 404),
        ("POST", "/api/v1/switchover", {"candidate": leader}, 400),
        ("POST", f"/api/v1/nodes/{leader}/reinitialize", {}, 400),
        ("POST", "/api/v1/nodes/none/restart", None, 404),
        ("POST", "/api/v1/sign-in", {"user": "dba"}, 400),
        ("POST", "/api/v1/sign-in", {"user": "dba", "password": "wrong"}, 401),
    ]
    for method, path, body, status in refused:
        answer: Answer = api.check(method, path, client.ask(method, path, body, who))
        assert (method, path, body, answer.status) == (method, path, body, status), answer.body
    assert cluster.wait_for_leader().name == leader


def test_the_older_status_page_has_the_keys_it_always_had(router: Router, client: StatsClient) -> None:
    status = client.get("/status").json()
    assert set(status) >= {"version", "uptime_s", "config", "leader", "nodes", "listeners", "etcd", "history"}
    assert set(status["config"]) >= {"file", "generation", "error"}
    assert set(status["leader"]) >= {"node", "since_s", "reason"}
    for node in status["nodes"]:
        assert set(node) >= {"name", "configured_name", "role", "state", "timeline", "lag_bytes", "address", "api",
                             "reason", "heard_ms", "admin", "admin_listeners", "leaving", "sessions"}
    for listener in status["listeners"]:
        assert set(listener) >= {"name", "bind", "to", "sessions", "held", "starting", "queued", "paused", "totals"}
        assert set(listener["totals"]) >= {"accepted", "denied", "refused", "held", "retried", "cut", "cancels",
                                           "bad_starts", "address_limited", "up_bytes", "down_bytes"}
    assert set(status["history"][0]) >= {"at", "event", "node", "words"}


def test_the_picture_is_one_of_now(client: StatsClient) -> None:
    was = client.get("/api/v1/state")
    assert "Age" not in was.headers  # only what is older than a second says how old
    wait_until("a newer picture", lambda: client.get("/api/v1/state").json()["snapshot"] > was.json()["snapshot"])
