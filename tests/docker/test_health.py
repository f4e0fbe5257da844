"""docker/tools/health.py and status.py: what is told of a healthy stack and of a broken one."""
from dataclasses import replace

from tools import status
from tools.deploy import order
from tools.health import Member, Picture, ServiceView, problems
from tools.router_page import NodeView, RouterView
from tools.settings import load
from tools.swarm import Machine

SETTINGS = load({"STACK": "s"})


def healthy() -> Picture:
    nodes = [NodeView(name, "leader" if name == "patroni1" else "replica", "running", "ok", 1, 0, "10.0.0.2:5432", "",
                      {"write": name == "patroni1", "read": name != "patroni1"}, {}) for name in SETTINGS.nodes]
    return Picture(
        machines=[Machine("id", "m", "10.0.0.1", True, True, {})],
        services=[ServiceView(name, 1, 1, ["m"], "image", "", True, "") for name in SETTINGS.services],
        etcd={name: "" for name in SETTINGS.etcd},
        members=[Member("patroni1", "leader", "running", 1, None), Member("patroni2", "sync_standby", "running", 1, 0),
                 Member("patroni3", "replica", "streaming", 1, 2048)],
        routers=[RouterView("10.0.0.1", 7000, service="router", ready=True, leader="patroni1", nodes=nodes)])


def test_a_healthy_stack_has_no_problem_and_its_screen_says_so() -> None:
    text = status.screen(SETTINGS, healthy())
    assert problems(SETTINGS, healthy()) == []
    assert text.startswith("stack s: healthy\n")
    assert "2.0 kB" in text and "!" not in text


def test_no_stack_is_one_problem_with_its_remedy() -> None:
    assert problems(SETTINGS, Picture()) == ["there is no stack s; docker/deploy.sh deploys it"]


def test_a_service_that_does_not_run_is_told_once_with_its_error() -> None:
    picture = healthy()
    picture.services[0] = replace(picture.services[0], running=0, error="No such image (rejected on m)")
    picture.etcd["etcd1"] = "no answer"
    assert problems(SETTINGS, picture) == ["etcd1: 0 of 1 running: No such image (rejected on m)"]


def test_without_a_leader_nobody_streams() -> None:
    picture = healthy()
    picture.members[0] = replace(picture.members[0], role="replica", state="stopped")
    assert picture.working() == []
    assert problems(SETTINGS, picture)[0] == "Patroni names no leader"


def test_a_replica_on_an_older_timeline_or_of_unknown_lag_does_not_stream() -> None:
    for broken in ({"timeline": 7}, {"lag": None}, {"state": "starting"}):
        picture = healthy()
        picture.members[2] = replace(picture.members[2], **broken)
        assert [problem.partition(":")[0] for problem in problems(SETTINGS, picture)] == ["patroni3 does not stream"]


def test_a_node_that_left_the_cluster_is_missed() -> None:
    picture = healthy()
    del picture.members[1]
    assert problems(SETTINGS, picture) == ["patroni2 is not a member of the cluster"]
    assert "no member" in status.screen(SETTINGS, picture)


def test_a_router_that_is_silent_or_believes_otherwise_is_told() -> None:
    picture = healthy()
    good = picture.routers[0]
    picture.routers = [replace(good, error="timed out"), replace(good, leader="patroni2"),
                       replace(good, ready=False, leader=None, reason="nobody claims it")]
    assert problems(SETTINGS, picture) == [
        "router 10.0.0.1:7000: timed out", "router 10.0.0.1:7000 takes patroni2 for the leader, Patroni patroni1",
        "router 10.0.0.1:7000 knows no leader: nobody claims it"]
    assert "no answer" in status.screen(SETTINGS, picture)


def test_an_update_on_its_way_or_taken_back_is_not_healthy() -> None:
    picture = healthy()
    picture.services[6] = replace(picture.services[6], current=False, update="updating")
    assert problems(SETTINGS, picture) == ["router: an update is on its way"]
    picture.services[6] = replace(picture.services[6], current=True, update="rollback_completed")
    assert problems(SETTINGS, picture) == ["router: its last update failed (rollback_completed)"]


def test_an_update_begins_with_what_does_not_work_and_touches_the_leader_last() -> None:
    picture = healthy()
    picture.etcd["etcd2"] = "no answer"
    picture.members[2] = replace(picture.members[2], state="starting")
    assert order(SETTINGS, picture) == ["etcd2", "etcd1", "etcd3", "patroni3", "patroni2", "patroni1", "router"]
