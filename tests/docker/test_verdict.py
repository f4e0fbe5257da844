"""The logic of chaos.sh's verdict, on what writers could have told. Needs no Docker."""
import pytest

from tools.chaos import Refused, choose_kinds
from tools.compare import Row, verdict as comparison
from tools.events import Nodes, Page, PageNode, up_rows, up_since
from tools.events_watch import may_follow
from tools.verdict import Event, Log, Return, Stretch, compare, judge, stretches


def log(*lines: object) -> Log:
    result = Log()
    for line in lines:
        result.take(line)
    return result


def acknowledged(*numbers: int) -> list[list[float]]:
    return [[number, 100.0 + number] for number in numbers]


class TestRows:
    def test_all_there(self) -> None:
        rows = compare(log(*acknowledged(1, 2, 3), {"present": [[1, 3]], "at": 200}))
        assert (rows.acknowledged, rows.present, rows.missing, rows.strangers) == (3, 3, [], 0)

    def test_a_missing_row_is_named(self) -> None:
        rows = compare(log(*acknowledged(1, 2, 3, 4), {"present": [[1, 1], [3, 4]], "at": 200}))
        assert (rows.present, rows.missing) == (3, [2])

    def test_an_unknown_row_is_neither_promised_nor_missing(self) -> None:
        lines = [*acknowledged(1, 4), {"unknown": 2, "at": 102, "error": "closed"},
                 {"unknown": 3, "at": 103, "error": "closed"}, {"present": [[1, 2], [4, 4]], "at": 200}]
        rows = compare(log(*lines))
        assert (rows.missing, rows.unknown, rows.unknown_present, rows.strangers) == ([], 2, 1, 0)

    def test_a_refused_row_that_is_there_is_told(self) -> None:
        rows = compare(log(*acknowledged(1), {"refused": 2, "at": 102, "error": "read-only"},
                           {"present": [[1, 2]], "at": 200}))
        assert (rows.refused, rows.refused_present, rows.strangers) == (1, [2], 0)

    def test_a_row_that_nobody_wrote_is_counted(self) -> None:
        assert compare(log(*acknowledged(1), {"present": [[1, 3]], "at": 200})).strangers == 2

    def test_an_empty_table(self) -> None:
        assert compare(log(*acknowledged(1, 2), {"present": [], "at": 200})).missing == [1, 2]

    def test_rows_from_before_every_copy_was_destroyed_are_lost_and_not_missing(self) -> None:
        rows = compare(log(*acknowledged(1, 2, 3, 4), {"present": [[4, 4]], "at": 200}), lost_at=102.5)
        assert (rows.lost, rows.missing) == (2, [3])

    def test_without_the_tables_rows_nothing_is_compared(self) -> None:
        with pytest.raises(ValueError, match="no list of the rows"):
            compare(log(*acknowledged(1)))

    def test_errors_are_counted_by_text(self) -> None:
        record = log({"connect": False, "at": 1, "error": "refused"}, {"connect": False, "at": 2, "error": "refused"},
                     {"unknown": 1, "at": 3, "error": "closed"})
        assert (record.failed_connects, record.errors) == (2, {"refused": 2, "closed": 1})

    def test_a_line_of_another_kind_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="expected an array or an object"):
            log("hello")


class TestStretches:
    def test_the_longest_pause_within_an_event(self) -> None:
        assert stretches([1, 2, 5, 6], [Event("down", 1.5)], end=7) == [Stretch(3, True)]

    def test_a_stretch_belongs_to_the_event_in_which_it_began(self) -> None:
        events = [Event("down", 1.5), Event("back", 4)]
        assert stretches([1, 2, 9, 9.5], events, end=10) == [Stretch(7, True), Stretch(0.5, True)]

    def test_a_stretch_that_never_ended_says_so(self) -> None:
        assert stretches([1, 2], [Event("down", 1.5)], end=20) == [Stretch(18, False)]

    def test_without_any_row_the_whole_event_is_the_stretch(self) -> None:
        assert stretches([], [Event("down", 5)], end=8) == [Stretch(3, False)]

    def test_an_event_in_which_none_began(self) -> None:
        events = [Event("down", 1), Event("back", 3), Event("down", 4)]
        assert stretches([1.5, 6], events, end=6)[1] == Stretch(0, True)


def back(up: float | None = 12.0) -> Return:
    return Return("patroni1", scaled_at=5, answers_at=9, healthy_at=11, serves_at=11.5, up_at={"router": up})


class TestVerdict:
    good = compare(log(*acknowledged(1, 2), {"present": [[1, 2]], "at": 200}))
    bad = compare(log(*acknowledged(1, 2), {"present": [[1, 1]], "at": 200}))

    def test_passed(self) -> None:
        verdict = judge(self.good, [back()], synchronous=True)
        assert verdict.passed and not verdict.reasons and not verdict.remarks

    def test_a_missing_row_fails_in_synchronous_mode(self) -> None:
        verdict = judge(self.bad, [back()], synchronous=True)
        assert not verdict.passed and "1 acknowledged rows are missing" in verdict.reasons[0]

    def test_a_missing_row_is_only_told_without(self) -> None:
        verdict = judge(self.bad, [back()], synchronous=False)
        assert verdict.passed and "not promised" in verdict.remarks[0]

    def test_a_node_that_stays_down_fails(self) -> None:
        assert judge(self.good, [back(None)], synchronous=True).reasons == ["patroni1 is not UP again at router"]

    def test_a_router_that_was_started_anew_fails(self) -> None:
        assert not judge(self.good, [back()], synchronous=True, routers_changed=["router was restarted"]).passed

    def test_a_step_that_took_too_long_fails_with_its_reason(self) -> None:
        assert judge(self.good, [], synchronous=True, failure="no leader in 300 s").reasons == ["no leader in 300 s"]

    def test_without_any_row_nothing_was_shown(self) -> None:
        assert not judge(compare(log({"present": [], "at": 1})), [back()], synchronous=False).passed

    def test_rows_destroyed_on_purpose_are_told(self) -> None:
        rows = compare(log(*acknowledged(1, 2), {"present": [[2, 2]], "at": 200}), lost_at=101.5)
        verdict = judge(rows, [back()], synchronous=True)
        assert verdict.passed and "destroyed on purpose" in verdict.remarks[0]

    def test_seconds_until_up(self) -> None:
        node = back()
        assert node.seconds("router", node.healthy_at) == 1.0 and node.seconds("router", node.scaled_at) == 7.0

    def test_a_router_quicker_than_the_watcher_counts_as_0(self) -> None:
        assert back(11.2).seconds("router", 11.5) == 0.0

    def test_no_seconds_where_it_never_came_up(self) -> None:
        assert back(None).seconds("router", 11) is None


class TestKinds:
    def test_all_three_by_themselves(self) -> None:
        assert choose_kinds(None, "volumes", False, "patroni") == ["one", "two", "all"]

    def test_data_in_containers_are_not_destroyed_by_themselves(self) -> None:
        assert choose_kinds(None, "none", False, "patroni") == ["one", "two"]

    def test_nor_because_somebody_says_all(self) -> None:
        with pytest.raises(Refused, match="--destroy-all-copies(.|\n)*patronictl remove patroni"):
            choose_kinds(["all"], "none", False, "patroni")

    def test_they_are_on_demand(self) -> None:
        assert choose_kinds(["one", "all"], "none", True, "patroni") == ["one", "lost"]

    def test_nothing_is_lost_with_volumes(self) -> None:
        with pytest.raises(Refused, match="STORAGE is volumes"):
            choose_kinds(["lost"], "volumes", True, "patroni")


def nodes(*peers: list[str], replica: int = 200, may_follow: tuple[str, ...] = ("patroni2",)) -> Nodes:
    """patroni1 leads, `peers` stream from it; patroni2 and patroni3 answer with the status `replica`."""
    result = Nodes(["patroni1", "patroni2", "patroni3"])
    leader = {"state": "running", "role": "master", "replication": list(peers),
              "may_follow": list(may_follow)}
    result.take({"node": "patroni1", "at": 1, "address": "10.0.0.1", "health": 200, "serves": "primary",
                 "body": leader})
    for name in ("patroni2", "patroni3"):
        result.take({"node": name, "at": 1, "address": "10.0.0.2", "health": replica,
                     "serves": "replica" if replica == 200 else "", "body": {"state": "running", "role": "replica"}})
    return result


class TestSettled:
    sync, other = ["patroni2", "streaming", "sync"], ["patroni3", "streaming", "async"]

    def test_in_sync(self) -> None:
        assert not nodes(self.sync, self.other).not_settled(["patroni1", "patroni2", "patroni3"], True)

    def test_a_replica_that_does_not_stream_yet(self) -> None:
        found = nodes(self.sync).not_settled(["patroni1", "patroni2", "patroni3"], True)
        assert len(found) == 1 and found[0].startswith("patroni3")

    def test_no_synchronous_standby_yet(self) -> None:
        peers = [["patroni2", "streaming", "async"], self.other]
        found = nodes(*peers).not_settled(["patroni1", "patroni2", "patroni3"], True)
        assert found == ["patroni1 has no synchronous standby yet"]
        assert not nodes(*peers).not_settled(["patroni1", "patroni2", "patroni3"], False)

    def test_the_dcs_does_not_know_the_synchronous_standby_yet(self) -> None:
        names = ["patroni1", "patroni2", "patroni3"]
        for known in ((), ("patroni3",)):
            found = nodes(self.sync, self.other, may_follow=known).not_settled(names, True)
            assert found == ["the DCS does not know yet that patroni2 is synchronous"]
            assert not nodes(self.sync, self.other, may_follow=known).not_settled(names, False)

    def test_who_may_follow(self) -> None:
        members = [{"name": "a", "role": "leader"}, {"name": "c", "role": "sync_standby"},
                   {"name": "b", "role": "quorum_standby"}, {"name": "d", "role": "replica"}]
        assert may_follow({"members": members}) == ["b", "c"]
        assert may_follow({}) == []

    def test_a_leader_alone_needs_none(self) -> None:
        assert not nodes().not_settled(["patroni1"], True)

    def test_a_node_that_answers_is_not_gone(self) -> None:
        assert nodes().not_gone("patroni2") == ["patroni2 still answers"]

    def test_a_node_that_the_leader_still_lists_is_not_gone(self) -> None:
        found = nodes(self.sync)
        found.take({"node": "patroni2", "at": 2, "address": "", "health": 0, "serves": "", "body": {}})
        assert found.not_gone("patroni2") == ["patroni1 still lists patroni2"]


class TestPages:
    text = ("# pxname,svname,status,check_status\nmaster,FRONTEND,OPEN,\nmaster,a,DOWN,L7STS\nmaster,b,UP,INI\n"
            "replicas,a,UP,L7OK\nreplicas,b,DOWN,L7STS\nreplicas,BACKEND,UP,\n")

    def test_up_for_one_proxy_is_up(self) -> None:
        assert up_rows(self.text) == {"a": True, "b": True}

    def test_a_server_that_was_never_checked_is_not_known_to_be_up(self) -> None:
        assert up_rows(self.text, "L7OK") == {"a": True, "b": False}

    def pages(self, *seen: tuple[float, bool]) -> list[Page]:
        return [Page(at, nodes={"a": PageNode(up)}) for at, up in seen]

    def test_up_counts_from_when_it_stays(self) -> None:
        assert up_since(self.pages((1, True), (2, False), (5, True), (6, False), (8, True), (9, True)), "a", 2) == 8

    def test_down_in_the_end_is_not_up(self) -> None:
        assert up_since(self.pages((5, True), (6, False)), "a", 2) is None


class TestComparison:
    def row(self, router: float | None, haproxy: float | None) -> Row:
        return Row("patroni1", "replica", "10.0.0.1 -> 10.0.0.2", router, haproxy, None)

    def test_met(self) -> None:
        assert not comparison([self.row(0.4, None), self.row(1.9, 30.0)])

    def test_a_router_that_is_slow_or_never_there_is_told(self) -> None:
        assert "took 2.4 s" in comparison([self.row(2.4, None)])[0]
        assert "still DOWN" in comparison([self.row(None, None)])[0]

    def test_no_difference_is_told(self) -> None:
        assert "no difference" in comparison([self.row(0.5, 0.5)])[0]

    def test_nothing_compared_shows_nothing(self) -> None:
        assert comparison([])
