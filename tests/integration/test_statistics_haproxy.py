"""HAProxy and the router do the same job side by side on one cluster, carry the same load, and their CSVs say the same,
column by column, before and after a switchover."""
import csv
import re
import time
import urllib.request
from typing import Any, Callable, Iterator

import pytest

from cluster import NO_PASSWORDS, Cluster, HAProxy, Proxy, Router, wait_until

SETTINGS = {**NO_PASSWORDS, "loop_wait": 2, "retry_timeout": 3}
SESSIONS = 12
Row = dict[str, str]
Rows = dict[tuple[str, str], Row]

# What the one is told and the other was told differently, or what goes by the clock.
BY_THE_CLOCK = {"lastchg", "downtime", "lastsess", "check_duration", "qtime", "ctime", "rtime", "ttime", "qtime_max",
                "ctime_max", "rtime_max", "ttime_max", "rate", "rate_max", "conn_rate", "conn_rate_max"}
BY_THE_SETTINGS = {"slim", "check_rise", "check_health"}
# HAProxy 2.6 has it for TCP as well, 3 has not, and neither have we.
GONE_IN_HAPROXY_3 = {("0", "req_tot")}
# Both ask the statistics themselves, by connections and by requests of their own number.
STATS = "stats"


@pytest.fixture
def router(cluster: Cluster, make_router: Callable[..., Router]) -> Router:
    router = make_router(cluster, config={"checks": {"fall": 3}})
    router.wait_ready()
    return router


@pytest.fixture
def haproxy(cluster: Cluster) -> Iterator[HAProxy]:
    haproxy = HAProxy(cluster)
    haproxy.start()
    haproxy.wait_ready()
    yield haproxy
    haproxy.stop()


def rows(proxy: Router | HAProxy) -> Rows:
    with urllib.request.urlopen("http://%s:%d/;csv" % proxy.stats, timeout=10) as answer:
        text = answer.read().decode()
    return {(row["pxname"], row["svname"]): row for row in csv.DictReader(text.removeprefix("# ").splitlines())}


def settled(cluster: Cluster, *proxies: Router | HAProxy) -> list[Rows]:
    """Their rows, once each of them knows each node's role and nobody's session is left."""
    leader = cluster.wait_for_leader().name

    def right(row: Row) -> bool:
        checked = row["check_status"] == ("L7OK" if (row["svname"] == leader) == (row["pxname"] == "write") else "L7STS")
        return row["scur"] == "0" and (row["type"] != "2" or (checked and row["status"] in ("UP", "DOWN")))

    def at_rest(proxy: Router | HAProxy) -> Rows | None:
        """Nothing has changed for longer than an answer may be kept: it is not of the moment before."""
        before = rows(proxy)
        time.sleep(0.5)
        found = rows(proxy)
        ours = [place for place in found if place[0] != STATS]
        same = all(before[place][column] == found[place][column] for place in ours for column in ("stot", "bin", "bout"))
        return found if same and all(right(found[place]) for place in ours) else None
    return [wait_until("every check is done", lambda: at_rest(proxy)) for proxy in proxies]


def load(proxy: Proxy) -> None:
    """The same for each: so many sessions on each port, each with a result of 100 kB, all open at a time."""
    for port in (proxy.write, proxy.read):
        sessions = [proxy.connect(port, sslmode="disable", gssencmode="disable") for _ in range(SESSIONS)]
        for session in sessions:
            with session.cursor() as cursor:
                cursor.execute("SELECT repeat('x', 100000)")
        for session in sessions:
            session.close()


def told(row: Row) -> dict[str, str]:
    """What is a word in a row: kinds, names, states, what checks say."""
    words = ("pxname", "svname", "type", "status", "mode", "check_status", "check_code", "check_desc", "act", "bck",
             "weight", "uweight", "check_fall", "qcur", "scur", "pid", "iid", "sid", "tracked", "throttle", "agent_status")
    # Ours of the statistics port is out of the way of the listeners'.
    return {word: row[word] for word in words if (word, row["pxname"]) != ("iid", STATS)}


def grown(before: Row, after: Row) -> dict[str, int]:
    """By how much its numbers have grown."""
    found = {}
    for column, value in list(after.items())[:list(after).index("-")]:  # behind it are HAProxy's modules
        if column not in BY_THE_CLOCK | BY_THE_SETTINGS and re.fullmatch(r"\d+", value) and before[column].isdigit():
            found[column] = int(value) - int(before[column])
    return found


def test_names_kinds_states_and_checks_are_haproxys(cluster: Cluster, router: Router, haproxy: HAProxy) -> None:
    for turn in range(2):
        theirs, ours = settled(cluster, haproxy, router)
        assert list(ours) == list(theirs)  # in the same order, too
        assert [told(row) for row in ours.values()] == [told(row) for row in theirs.values()]
        for place, row in theirs.items():
            if row["type"] == "2":
                def plain(text: str) -> str:  # HAProxy has the reason phrase of Patroni's answer there
                    return text if row["check_code"] == "200" else ""
                assert plain(ours[place]["last_chk"]) == plain(row["last_chk"])
        if turn == 0:
            cluster.switchover()
            cluster.wait_healthy()


def test_each_column_has_a_value_of_the_same_kind_where_haproxys_has(cluster: Cluster, router: Router,
                                                                     haproxy: HAProxy) -> None:
    for proxy in (haproxy, router):
        load(proxy)
    theirs, ours = settled(cluster, haproxy, router)

    def kind(value: str) -> str:
        return "nothing" if not value else "a number" if re.fullmatch(r"-?\d+", value) else "a text"
    different = set()
    for place, row in theirs.items():
        columns = list(row)
        for column in columns[:columns.index("-")]:
            if column in BY_THE_SETTINGS or (row["type"], column) in GONE_IN_HAPROXY_3:
                continue
            if kind(row[column]) != kind(ours[place][column]):
                different.add((row["pxname"] if row["pxname"] == STATS else "", row["type"], column, kind(row[column]),
                               kind(ours[place][column])))
    assert different == set()


def test_the_same_load_makes_the_same_numbers(cluster: Cluster, router: Router, haproxy: HAProxy) -> None:
    growth: dict[str, dict[tuple[str, str], dict[str, int]]] = {}
    for name, proxy in (("theirs", haproxy), ("ours", router)):
        before = settled(cluster, proxy)[0]
        load(proxy)
        # An answer may be made of a picture that is some moments old.
        wait_until("all sessions are counted", lambda: all(
            int(rows(proxy)[name, "FRONTEND"]["stot"]) >= int(before[name, "FRONTEND"]["stot"]) + SESSIONS
            for name in ("write", "read")))
        after = settled(cluster, proxy)[0]
        growth[name] = {place: grown(before[place], row) for place, row in after.items() if place[0] != STATS}
    different: list[Any] = []
    for place, theirs in growth["theirs"].items():
        ours = growth["ours"][place]
        for column in theirs:
            if column in ("bin", "bout"):
                near = abs(theirs[column] - ours[column]) <= 0.02 * max(theirs[column], ours[column])
            elif column in ("smax", "qmax"):
                continue  # since the start: the waiting at the beginning counts as well
            else:
                near = theirs.get(column, 0) == ours.get(column, 0)
            if not near:
                different.append((place, column, theirs.get(column), ours.get(column)))
    assert not different, "\n".join(map(str, different))
    leader = cluster.wait_for_leader().name
    for name in ("theirs", "ours"):
        assert growth[name]["write", leader]["stot"] == SESSIONS
        assert growth[name]["write", leader]["bout"] > SESSIONS * 100000
        assert growth[name]["read", "BACKEND"]["stot"] == SESSIONS
