"""docker/tools/prepare.py: passwords are made once, and go to the engine through a pipe and nowhere else."""
import json
from pathlib import Path

import pytest
from conftest import FakeDocker
from tools import prepare
from tools.settings import load

NAMES = ["superuser_password", "replication_password", "rest_password", "router_users"]


def made(docker: FakeDocker) -> dict[str, str]:
    """By name, what was piped into docker secret create."""
    return {call["command"].split()[-2]: call["stdin"] for call in docker.calls("secret create")}


def test_missing_secrets_are_made_and_their_values_stand_in_no_argument_and_no_environment(docker: FakeDocker) -> None:
    said: list[str] = []
    prepare.make_secrets(load({"STACK": "s"}), said.append)
    values = made(docker)
    assert list(values) == [f"s_{name}" for name in NAMES]
    for password in (values[f"s_{name}"] for name in NAMES[:3]):
        assert len(password) >= 32
        for call in docker.calls():
            assert password not in call["command"] and password not in json.dumps(call["environment"])
        assert password not in "".join(said)
    assert len(set(values.values())) == 4


def test_secrets_that_exist_are_left_alone(docker: FakeDocker) -> None:
    docker.answer({"secret ls": "\n".join(f"s_{name}" for name in NAMES)})
    prepare.make_secrets(load({"STACK": "s"}), print)
    assert not docker.calls("secret create")


def test_a_file_of_ones_own_becomes_the_secret_without_its_line_end(docker: FakeDocker, tmp_path: Path) -> None:
    (tmp_path / "rest_password").write_text("mine\n")
    prepare.make_secrets(load({"STACK": "s", "SECRETS_DIR": str(tmp_path)}), print)
    assert made(docker)["s_rest_password"] == "mine"


def test_an_empty_file_is_refused_before_anything_is_made(docker: FakeDocker, tmp_path: Path) -> None:
    (tmp_path / "rest_password").write_text("\n")
    with pytest.raises(prepare.NotReady, match="rest_password: it is empty; expected a password"):
        prepare.make_secrets(load({"STACK": "s", "SECRETS_DIR": str(tmp_path)}), print)
    assert not docker.calls("secret create")


def test_no_new_password_is_made_for_data_that_know_the_old_one(docker: FakeDocker) -> None:
    docker.answer({"volume ls": "s_patroni2"})
    with pytest.raises(prepare.NotReady, match="s_superuser_password is missing, but there are data .s_patroni2."):
        prepare.make_secrets(load({"STACK": "s"}), print)
    assert not docker.calls("secret create")


def machine(name: str, **labels: str) -> dict[str, object]:
    return {"ID": name, "Description": {"Hostname": name}, "Status": {"State": "ready", "Addr": "10.0.0.1"},
            "Spec": {"Availability": "active", "Labels": labels}}


def test_members_are_spread_over_the_machines_and_keep_the_home_they_have(docker: FakeDocker) -> None:
    machines = [machine("a"), machine("b", **{"s.member1": "yes"}), machine("c")]
    docker.answer({"node ls": "a b c", "inspect --type node": json.dumps(machines)})
    homes = prepare.label_machines(load({"STACK": "s"}), print)
    assert {number: home.name for number, home in homes.items()} == {1: "b", 2: "a", 3: "c"}
    assert [call["command"] for call in docker.calls("node update")] == [
        "node update --label-add s.member2=yes a", "node update --label-add s.member3=yes c"]


def test_one_machine_is_the_home_of_all_members(docker: FakeDocker) -> None:
    docker.answer({"node ls": "a", "inspect --type node": json.dumps([machine("a")])})
    assert {home.name for home in prepare.label_machines(load({"STACK": "s"}), print).values()} == {"a"}
