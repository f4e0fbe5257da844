"""A fail-over as the statistics tell it afterwards, against what the clients saw: what was seen when, how long writes
stood still, who waited; and a restart of the router forgets nothing of it."""
from typing import Any, Callable

import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until
from cluster.stats_client import StatsClient

SETTINGS = {**NO_PASSWORDS, "ttl": 20, "loop_wait": 2, "retry_timeout": 3}
WRITERS = 4
MILESTONES = ("first_sign_at", "leader_gone_at", "claimed_at", "confirmed_at", "first_session_at")


@pytest.fixture
def router(cluster: Cluster, make_router: Callable[..., Router]) -> Router:
    folder = cluster.folder / "router-state"
    folder.mkdir(exist_ok=True)
    router = make_router(cluster, config={"state_dir": str(folder), "workers": 2})
    router.wait_ready()
    return router


def failovers(router: Router) -> list[dict[str, Any]]:
    return list(StatsClient(router.stats).get("/api/v1/failovers").json())


def metrics(router: Router) -> dict[str, float]:
    text = StatsClient(router.stats).get("/metrics?scope=tamada").body.decode()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines())
            if name and not name.startswith("#")}


def check_order(record: dict[str, Any]) -> None:
    times = [record[name] for name in MILESTONES]
    assert None not in times and times == sorted(times), record
    # Both ends are rounded for themselves.
    assert abs(record["stood_still_ms"] - (record["first_session_at"] - record["leader_gone_at"])) <= 1, record
    steps = [step["at"] for step in record["steps"]]
    assert steps == sorted(steps) and steps[0] >= record["first_sign_at"] - 1, record
    # Some steps are told a turn later than the milestone that they made.
    assert steps[-1] <= record["first_session_at"] + 1000, record


def test_a_killed_leader_is_told_as_a_fail_over_and_a_restart_keeps_it(cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()
    known = len(failovers(router))

    with Workload(cluster, router, sessions=WRITERS, connecting=WRITERS) as load:
        leader.kill9()
        after = cluster.wait_for_leader(other_than=leader)
        load.wait_for_writes()
        wait_until("the record is closed", lambda: failovers(router)[0]["over"])
    report = load.report()
    record = failovers(router)[0]

    assert len(failovers(router)) == known + 1
    assert (record["from"], record["to"], record["planned"]) == (leader.name, after.name, False), record
    check_order(record)
    # The clients saw writes stand still at least as long: the router first has to notice.
    assert 0 < record["stood_still_ms"] <= report.longest_stretch() * 1000 + 100, (record, report.describe())
    # Every writer lost its server and had to wait for the next one.
    assert record["waited"] >= 2 * WRITERS, record
    assert record["failed"] == len(report.errors_on_new_connections()) == 0, (record, report.describe())
    assert record["cut"] <= sum(map(len, report.errors_of_sessions().values())), (record, report.describe())
    assert record["why_gone"] and after.name in record["why_confirmed"], record

    seen = metrics(router)
    assert seen["tamada_failovers_total"] == known + 1 and seen["tamada_failover_running"] == 0
    assert round(seen["tamada_last_failover_duration_seconds"] * 1000) == record["stood_still_ms"]
    assert seen['tamada_last_failover_clients{result="waited"}'] == record["waited"]

    kept = failovers(router)
    router.stop()
    router.start()
    assert failovers(router) == kept
    router.wait_ready()
    assert failovers(router) == kept  # finding the leader anew is no fail-over


def test_a_switchover_is_told_as_planned_and_cuts_what_the_clients_lost(cluster: Cluster, router: Router) -> None:
    before = cluster.wait_for_leader()
    known = len(failovers(router))

    with Workload(cluster, router, sessions=WRITERS, connecting=WRITERS) as load:
        after = cluster.switchover()
        load.wait_for_writes()
        wait_until("the record is closed", lambda: len(failovers(router)) > known and failovers(router)[0]["over"])
    report = load.report()
    record = failovers(router)[0]

    assert (record["from"], record["to"], record["planned"]) == (before.name, after.name, True), record
    assert record["number"] == known + 1
    check_order(record)
    assert 0 < record["stood_still_ms"] <= report.longest_stretch() * 1000 + 100, (record, report.describe())
    assert record["failed"] == len(report.errors_on_new_connections()) == 0, (record, report.describe())
    assert record["cut"] <= sum(map(len, report.errors_of_sessions().values())), (record, report.describe())
    assert record["waited"] >= WRITERS, record
