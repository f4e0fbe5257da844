"""docker/tools/settings.py: where a setting comes from, and what is said of a wrong one."""
from pathlib import Path
from typing import Callable

import pytest
from tools.settings import FOLDER, KNOWN, SettingsError, load

Write = Callable[[str], Path]


def wrong(environment: dict[str, str], file: Path | None = None) -> str:
    with pytest.raises(SettingsError) as error:
        load(environment, file)
    return str(error.value)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(settings_file: Write) -> None:
    file = settings_file("# a comment\n\nSTACK=from-file\nWRITE_PORT = 6000\n")
    settings = load({"STACK": "from-env"}, file)
    assert (settings.stack, settings["WRITE_PORT"], settings["READ_PORT"]) == ("from-env", "6000", "5001")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load({"STACK": ""}, None).stack == KNOWN["STACK"]


def test_a_misspelt_setting_is_named_with_its_line_and_what_was_meant(settings_file: Write) -> None:
    file = settings_file("STACK=a\nWRITE_PROT=6000\n")
    assert wrong({}, file) == f"{file}:2: unknown setting WRITE_PROT (did you mean WRITE_PORT?)"


def test_all_errors_are_told_at_once() -> None:
    words = wrong({"STACK": "Not Good", "ROUTERS": "three", "TTL": "5"})
    assert len(words.splitlines()) == 3
    assert "ROUTERS: found 'three', expected global or two" in words


def test_two_doors_on_one_port_are_refused_only_where_both_are_opened() -> None:
    assert "WRITE_PORT2: port 5000 is WRITE_PORT already" in wrong({"WRITE_PORT2": "5000", "ROUTERS": "two"})
    assert load({"WRITE_PORT2": "5000"}).routers[0].write == 5000


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    assert "there is no such file" in wrong({"STACK_ENV": str(tmp_path / "none.env")})


def test_a_second_router_is_a_second_file() -> None:
    assert [file.name for file in load({"ROUTERS": "two"}).files] == ["stack.yml", "stack-two-routers.yml"]


def test_the_storage_chooses_what_is_mounted() -> None:
    assert load({}).mounts == {}
    assert load({"STORAGE": "folders", "DATA_DIR": "/data"}).mounts["PATRONI2_DATA"] == "/data/patroni2:"
    assert set(load({"STORAGE": "none"}).mounts.values()) == {""}


def test_the_example_names_every_setting_with_its_default() -> None:
    lines = (FOLDER / "stack.env.example").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert found == KNOWN
