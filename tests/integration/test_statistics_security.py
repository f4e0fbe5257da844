"""Whoever may not change or see something through the statistics port does not, whatever is sent; and what is sent ends
up in no header, log line or file name."""
import json
import socket
from pathlib import Path
from typing import Any, Callable

import pytest

from cluster import Cluster, Router, wait_until
from cluster.openapi import OpenApi
from cluster.stats_client import Answer, StatsClient, basic, password_hash
from cluster.wire import dial, read_to_end, startup_packet

SETTINGS = {"nodes": 1}
DOCUMENT = Path(__file__).resolve().parents[2] / "stats-ui/api/v1/openapi.json"
PASSWORD = "correct horse battery"
USERS = {"users": [f"dba:{password_hash(PASSWORD)}"]}
GOOD = basic("dba", PASSWORD)
NODE = "/api/v1/nodes/patroni1"
DRAIN = {"state": "drain"}
MakeRouter = Callable[..., Router]


@pytest.fixture
def router(cluster: Cluster, make_router: MakeRouter) -> Router:
    router = make_router(cluster, config={"stats": USERS})
    router.wait_ready(replicas=False)
    return router


@pytest.fixture
def client(router: Router) -> StatsClient:
    return StatsClient(router.stats)


def nothing_was_done(router: Router) -> None:
    assert "admin.action" not in router.log_text()
    assert router.node("patroni1")["admin"] == "ready"


def raw(router: Router, data: bytes) -> bytes:
    """All that comes for these bytes until the connection is closed; our side is shut behind them."""
    with dial(router.stats) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # it has heard enough
        return read_to_end(connection)


# --- who may change something

def changes() -> list[tuple[str, str]]:
    """(method, target) of every change of the document."""
    api = OpenApi(json.loads(DOCUMENT.read_text()))
    return [(method.upper(), path.replace("{name}", "patroni1").replace("{id}", "0.1"))
            for method, path in sorted(api.operations(changes=True)) if "/sign-" not in path]


def test_nothing_changes_without_credentials_or_with_wrong_ones(router: Router, client: StatsClient) -> None:
    asked = [*changes(), ("PUT", "/admin/nodes/patroni1")]
    assert len(asked) == 8
    page, _ = client.sign_in("dba", PASSWORD)
    for method, path in asked:
        def status(headers: dict[str, str]) -> int:
            return client.ask(method, path, DRAIN if method == "PUT" else {}, headers).status
        assert status({}) == 401
        assert status({"Cookie": page["Cookie"]}) == 403  # the token is missing
        assert status({**page, "X-Tamada-CSRF": "0" * len(page["X-Tamada-CSRF"])}) == 403
        assert status({**page, "Cookie": page["Cookie"][:-4] + "0000"}) == 401
        assert status({"X-Tamada-CSRF": page["X-Tamada-CSRF"]}) == 401
        assert status({"Authorization": "Bearer " + page["X-Tamada-CSRF"]}) == 401
        assert status({"Authorization": "Basic !!!"}) == 401
        # After some wrong passwords from one address they are not even looked at.
        assert status(basic("dba", "wrong")) in (401, 429) and status(basic("nobody", PASSWORD)) in (401, 429)
    slowed = client.ask("PUT", NODE + "/state", DRAIN, basic("dba", "wrong"))
    assert slowed.status == 429 and int(slowed.headers["Retry-After"]) > 0
    nothing_was_done(router)
    # Who has signed in goes on meanwhile.
    assert client.ask("PUT", NODE + "/state", {"state": "ready"}, page).status == 200


def test_without_users_nobody_can_change_anything(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster)
    client = StatsClient(router.stats)
    for method, path in changes():
        for headers in ({}, basic("dba", ""), basic("", ""), {"Cookie": "tamada_7000="}):
            assert client.ask(method, path, DRAIN if method == "PUT" else {}, headers).status == 403
    assert client.ask("POST", "/api/v1/sign-in", {"user": "", "password": ""}).status == 403
    nothing_was_done(router)


def test_no_other_site_can_change_anything(router: Router, client: StatsClient) -> None:
    page, _ = client.sign_in("dba", PASSWORD)
    here = "http://%s:%d" % router.stats
    foreign = [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": here + "0"},
               {"Origin": here, "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
               {"Referer": "http://evil.example/" + here}, {"Origin": "https" + here[4:] + ".evil.example"}]
    for credentials in (page, GOOD):
        for headers in foreign:
            answer = client.ask("PUT", NODE + "/state", DRAIN, {**credentials, **headers})
            assert answer.status == 403, headers
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
            answer = client.ask("PUT", NODE + "/state", DRAIN, {**credentials, "Content-Type": kind})
            assert answer.status == 415
    for headers in foreign:
        assert client.ask("POST", "/api/v1/sign-in", {"user": "dba", "password": PASSWORD}, headers).status == 403
        assert client.ask("POST", "/api/v1/sign-out", headers={**page, **headers}).status == 403
    # A browser asks first whether it may; nobody says yes.
    asks = client.ask("OPTIONS", NODE + "/state", headers={"Origin": "http://evil.example",
                                                           "Access-Control-Request-Method": "PUT"})
    assert asks.status in (403, 405) and not [name for name in asks.headers if name.lower().startswith("access-control")]
    assert not client.get("/api/v1/me", page).headers.get("Access-Control-Allow-Origin")
    nothing_was_done(router)
    assert client.ask("PUT", NODE + "/state", DRAIN, {**page, "Origin": here, "Sec-Fetch-Site": "same-origin"}).status == 200


# --- what answers look like

def test_the_cookie_is_for_this_port_and_no_script(router: Router, client: StatsClient) -> None:
    _, answer = client.sign_in("dba", PASSWORD)
    name, *flags = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"tamada_{router.stats[1]}=") and len(name) > 64
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags) and "Secure" not in flags  # it is no HTTPS
    assert answer.headers["Cache-Control"] == "no-store"
    out = client.ask("POST", "/api/v1/sign-out", headers={"Cookie": name})
    assert "Max-Age=0" in out.headers["Set-Cookie"]


def test_every_kind_of_answer_keeps_browsers_from_making_more_of_it(router: Router, client: StatsClient) -> None:
    answers = [client.get(path) for path in ("/", "/;csv", "/;json", "/metrics", "/status", "/health", "/ready",
                                             "/ui/main.js", "/api/v1/state", "/api/v1/me", "/nothing",
                                             "/api/v1/nothing", "/api/v1/sessions?sort=x", "/metrics?scope=x",
                                             "/admin/nodes/patroni1")]
    answers += [client.ask("PUT", NODE + "/state", DRAIN), client.ask("PUT", NODE + "/state", DRAIN, GOOD),
                client.ask("PUT", NODE + "/state", {}, GOOD), client.ask("POST", "/events"),
                client.ask("GET", NODE + "/state"), client.ask("DELETE", "/"), client.ask("OPTIONS", "/")]
    heads = [raw(router, data) for data in (
        b"nonsense\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 9000 + b"\r\n", b"GET /" + b"x" * 99999 + b" HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n")]
    for head in heads:
        first, *fields = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
        answers.append(Answer(int(first.split()[1]), dict(field.split(": ", 1) for field in fields), b""))
    assert {answer.status for answer in answers} >= {200, 400, 401, 404, 405, 413, 417, 431, 501, 505}
    for answer in answers:
        assert answer.headers.get("X-Content-Type-Options") == "nosniff", (answer.status, answer.body)
        policy = answer.headers.get("Content-Security-Policy") or ""
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers.get("Referrer-Policy") and "Server" not in answer.headers


# --- tricks

TRICKS = ["/../../etc/passwd", "/ui/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/ui/..%2f..%2f..%2fetc/passwd",
          "/ui/....//....//etc/passwd", "//etc/passwd", "/ui//main.js", "/ui\\..\\..\\etc\\passwd", "/ui/main.js%00.html",
          "/ui/%00", "/api/v1/nodes/%00", "/api/v1/nodes/%ff%fe", "/api/v1/nodes/..%2f..", "/api//v1/state", "/api/v1/",
          "/api/v1//", "/%61pi/v1/state", "/api/v1/state/", "/API/V1/STATE", "/api/v1/nodes/" + "n" * 12000,
          "/api/v1/sessions?search=" + "%00" * 3000, "/?" + "&" * 12000, "http://evil.example/api/v1/state",
          "http://evil.example:1/../etc/passwd", "http:///", "*", "/\x00", "/\x7f", "/\xff", "/ ", "//", "/;", "/#x", "/?#"]


@pytest.mark.parametrize("login", [False, True])
def test_a_path_leads_nowhere_else(cluster: Cluster, make_router: MakeRouter, login: bool) -> None:
    router = make_router(cluster, config={"stats": {**USERS, "login_to_read": login}})
    variants = TRICKS + [path + more for path in ("/health", "/ready", "/", "/ui/main.js", "/index.html", "/stats")
                         for more in (";csv", "/;csv", "/..;csv", "?;csv", "?x;json", "/../metrics", "/../api/v1/state")]
    for method in ("GET", "HEAD"):
        for path in variants:
            answer = raw(router, f"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1"))
            assert answer.startswith(b"HTTP/1.1 "), path
            assert int(answer[9:12]) in (200, 400, 401, 404, 405, 414, 431), (path, answer[:100])
            assert b"root:" not in answer, path
            if login:  # the page's own files are all that strangers see
                assert b"patroni1" not in answer and b"FRONTEND" not in answer and b'"snapshot":' not in answer, path
    assert router.code("/health") == 200


def test_looking_needs_a_login_where_it_is_asked_for(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"stats": {**USERS, "login_to_read": True}})
    client = StatsClient(router.stats)
    page, _ = client.sign_in("dba", PASSWORD)
    api = OpenApi(json.loads(DOCUMENT.read_text()))
    shown = [path for _, path in api.operations(changes=False)] + ["/;csv", "/;json", "/;typed", "/stats;csv"]
    for path in (path.replace("{name}", "patroni1").replace("{number}", "1") for path in shown):
        open_to_all = path in ("/health", "/ready", "/api/v1/me", "/api/v1/openapi.json")
        answer = client.get(path)
        assert answer.status == (200 if open_to_all else 401), path
        if open_to_all:
            continue
        assert answer.headers["WWW-Authenticate"].startswith("Basic ") and b"patroni1" not in answer.body
        # The page asks for the password itself; the browser's own window must stay away.
        assert "WWW-Authenticate" not in client.get(path, {"X-Tamada-Page": "1"}).headers
        assert client.ask("HEAD", path).status == 401
        if path != "/events":
            assert client.get(path, page).status == client.get(path, GOOD).status != 401, path
    name, _ = next(client.events(page))
    assert name == "state"
    assert b"HAProxy version" not in client.get("/").body and b"HAProxy version" in client.get("/", GOOD).body
    client.ask("POST", "/api/v1/sign-out", headers=page)
    assert client.get("/api/v1/state", page).status == 401


# --- hostile text

def test_names_break_neither_headers_nor_log_lines(router: Router, client: StatsClient) -> None:
    evil = "x\r\nSet-Cookie: a=b\r\n\r\n\"' by=root \x1b[31m\u2028"
    before = len(router.log_text().splitlines())
    answers = [client.ask("PUT", NODE + "/state", DRAIN, basic(evil, evil)),
               client.ask("POST", "/api/v1/sign-in", {"user": evil, "password": evil})]
    quoted = "".join(f"%{byte:02x}" for byte in evil.encode())
    answers += [client.ask("PUT", f"/api/v1/nodes/{quoted}/state", DRAIN, GOOD),
                client.ask("PUT", NODE + "/state", {"state": "drain", "listener": evil}, GOOD),
                client.ask("POST", "/api/v1/switchover", {"candidate": evil}, GOOD),
                client.ask("DELETE", f"/api/v1/sessions/{quoted}", None, GOOD),
                client.get(f"/api/v1/nodes/{quoted}"), client.get(f"/api/v1/sessions?sort={quoted}")]
    for answer in answers:
        assert answer.status in (400, 401, 404) and "Set-Cookie" not in answer.headers
        assert isinstance(answer.json()["error"], str)

    with dial(router.write) as session:  # a user's name of the start-up packet
        session.sendall(startup_packet(user=evil))
        session.recv(1)
    wait_until("the log tells of it", lambda: "session.end" in router.log_text())
    lines: list[Any] = router.log_text().split("\n")[before:-1]
    assert len(lines) > 4
    for line in lines:
        outside_quotes = "".join(line.replace('\\"', "").split('"')[::2])
        assert line.startswith("20") and "by=root" not in outside_quotes, line
        assert "\x1b" not in line and "\r" not in line and "\u2028" not in line, line
