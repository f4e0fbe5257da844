"""The YAML files of the stack: their parts, and what has to be the same in several of them."""
import re
from pathlib import Path

import pytest
from tools.settings import FOLDER, KNOWN, load
from tools.stack_file import Parts, only, service_names

STACK = (FOLDER / "stack.yml").read_text()
SECOND = (FOLDER / "stack-two-routers.yml").read_text()
COMPOSE = (FOLDER / "compose.yml").read_text()
FILES = sorted(FOLDER.glob("*.yml"))
IMAGE_IDS = {"ETCD_IMAGE_ID", "NODE_IMAGE_ID", "ROUTER_IMAGE_ID"}


def block(text: str, service: str) -> list[str]:
    """A service's lines without comments."""
    part = only(text, [service])
    lines = part[part.index(f"  {service}:"):].splitlines()
    end = next((number for number, line in enumerate(lines) if re.match(r"\S", line)), len(lines))
    return [line for line in lines[:end] if line.strip() and not line.strip().startswith("#")]


def test_the_stack_has_the_services_that_the_settings_promise() -> None:
    assert service_names(STACK) + service_names(SECOND) == load({"ROUTERS": "two"}).services


@pytest.mark.parametrize("service", service_names(STACK))
def test_a_part_has_its_service_and_all_that_is_not_a_service(service: str) -> None:
    part = only(STACK, [service])
    assert service_names(part) == [service]
    assert part.endswith(STACK[STACK.index("\nnetworks:\n"):])
    assert part.startswith(STACK[:STACK.index("services:\n")])


def test_a_part_without_services_is_still_a_file_that_the_engine_takes() -> None:
    assert "\nservices: {}\n" in only(STACK, ["router2"])
    assert service_names(only(STACK, ["router2"])) == []


def test_parts_leave_out_files_that_say_nothing_of_the_service() -> None:
    with Parts(load({"ROUTERS": "two"}).files) as parts:
        assert [path.name for path in parts.make(["patroni2"])] == ["stack.yml"]
        assert [path.name for path in parts.make(["router2"])] == ["stack.yml", "stack-two-routers.yml"]
        folder = parts.folder
    assert not folder.exists()


def test_the_second_router_differs_in_its_name_and_ports_alone() -> None:
    def plain(lines: list[str]) -> list[str]:
        text = "\n".join(lines).replace("logging: {driver: json-file, options: {max-size: \"10m\", max-file: \"3\"}}",
                                        "logging: *logging")
        return re.sub(r'router2:|_PORT2:-\d+|_PORT:-\d+', lambda found: found[0].split(":")[0].rstrip("2"),
                      text).replace("router:", "router").splitlines()

    assert plain(block(SECOND, "router2")) == plain(block(STACK, "router"))


def test_compose_tells_the_router_the_same_except_for_the_users_file() -> None:
    def variables(text: str) -> set[str]:
        return {found.strip() for found in re.findall(r"^\s+TAMADA_[A-Z_]+: .*$", text, re.MULTILINE)}

    users = "TAMADA_STATS_USERS_FILE: /run/secrets/tamada_router_users"
    assert variables(STACK) - {users} == variables(COMPOSE)
    assert users in variables(STACK)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_variable_is_a_setting_and_has_the_same_default(file: Path) -> None:
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", file.read_text()):
        assert name in IMAGE_IDS or KNOWN[name] == default, name
    assert not re.findall(r"(?<!\$)\$\{[A-Z0-9_]+\}", file.read_text()), "a variable without a default"


def test_the_variables_of_the_data_are_those_that_the_settings_make() -> None:
    found = dict(re.findall(r'"\$\{(\w+_DATA)-(\w+):\}/var/lib/\w+"', STACK))
    assert set(found) == set(load({"STORAGE": "none"}).mounts)
    assert all(name == f"{member.upper()}_DATA" for name, member in found.items())


def test_every_service_of_the_swarm_is_reached_without_a_virtual_address() -> None:
    for text in (STACK, SECOND):
        assert text.count("endpoint_mode: dnsrr") == text.count("restart_policy:")
        assert text.count("published:") == text.count("mode: host") > 0
