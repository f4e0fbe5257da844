"""What the start refuses, `-c` refuses with the same sentence, and a reload refuses with it, too: of every kind of file
and folder that a configuration names. No servers are needed: nothing is started, or nothing is asked."""
import os
import pwd
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from cluster import router_program, wait_until

def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_pair(folder: Path, name: str) -> tuple[str, str]:
    """(certificate, key)"""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
    return str(certificate), str(key)


def encrypted(folder: Path, key: str) -> str:
    locked = folder / "locked.key"
    openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked)
    return str(locked)


def empty(folder: Path) -> str:
    (folder / "empty.pem").write_text("")
    return str(folder / "empty.pem")


# --- where a pair of certificate and key can be named

def stats_tls(pair: dict[str, str]) -> dict[str, object]:
    return {"stats": {"bind": "127.0.0.1:3", "tls": pair}}


def api_tls(pair: dict[str, str]) -> dict[str, object]:
    return {"cluster": {"nodes": ["127.0.0.1"], "api_scheme": "https", "api_tls": pair}}


def etcd_tls(pair: dict[str, str]) -> dict[str, object]:
    return {"cluster": {"name": "c", "nodes": ["127.0.0.1"], "etcd": {"hosts": ["127.0.0.1:1"], "tls": pair}}}


PLACES = {"stats.tls": stats_tls, "cluster.api_tls": api_tls, "cluster.etcd.tls": etcd_tls}


def pair_of_another(folder: Path) -> tuple[dict[str, str], str]:
    return ({"cert_file": make_pair(folder, "a")[0], "key_file": make_pair(folder, "b")[1]},
            "does not belong to the certificate")


def encrypted_key(folder: Path) -> tuple[dict[str, str], str]:
    certificate, key = make_pair(folder, "a")
    return {"cert_file": certificate, "key_file": encrypted(folder, key)}, "is encrypted"


def empty_certificate(folder: Path) -> tuple[dict[str, str], str]:
    return {"cert_file": empty(folder), "key_file": make_pair(folder, "a")[1]}, "is empty; expected a certificate"


def certificate_as_key(folder: Path) -> tuple[dict[str, str], str]:
    certificate, _ = make_pair(folder, "a")
    return {"cert_file": certificate, "key_file": certificate}, "holds CERTIFICATE; expected a private key"


def key_as_authority(folder: Path) -> tuple[dict[str, str], str]:
    certificate, key = make_pair(folder, "a")
    return {"cert_file": certificate, "key_file": key, "ca_file": key}, "holds PRIVATE KEY; expected a certificate"


PAIRS = [pair_of_another, encrypted_key, empty_certificate, certificate_as_key, key_as_authority]


# --- the others

def no_state_dir(folder: Path) -> tuple[dict[str, object], str]:
    return {"state_dir": str(folder / "none")}, "none does not exist"


def state_dir_is_a_file(folder: Path) -> tuple[dict[str, object], str]:
    return {"state_dir": empty(folder)}, "is not a folder"


def no_folder_of_a_socket(folder: Path) -> tuple[dict[str, object], str]:
    return {"stats": {"bind": [], "socket": f"{folder}/none/x.sock"}}, "its folder"


def socket_is_a_file(folder: Path) -> tuple[dict[str, object], str]:
    return {"stats": {"bind": [], "socket": empty(folder)}}, "there is a file of that name that is no socket"


def unknown_user_of_a_socket(folder: Path) -> tuple[dict[str, object], str]:
    return ({"stats": {"bind": [], "socket": f"{folder}/x.sock user nobody-of-that-name"}},
            'user "nobody-of-that-name": there is none of that name')


def unknown_group_of_a_socket(folder: Path) -> tuple[dict[str, object], str]:
    return ({"stats": {"bind": [], "socket": f"{folder}/x.sock group nobody-of-that-name"}},
            'group "nobody-of-that-name": there is none of that name')


def empty_password(folder: Path) -> tuple[dict[str, object], str]:
    return ({"stats": {"bind": "127.0.0.1:3", "admin_user": "dba", "admin_password_file": empty(folder)}},
            "is empty; expected the password")


def bad_users(folder: Path) -> tuple[dict[str, object], str]:
    (folder / "users").write_text("dba:*\nplain\nother\n")
    return {"stats": {"bind": "127.0.0.1:3", "users_file": str(folder / "users")}}, "users:3: no colon"


OTHERS = [no_state_dir, state_dir_is_a_file, no_folder_of_a_socket, socket_is_a_file, unknown_user_of_a_socket,
          unknown_group_of_a_socket, empty_password, bad_users]


def whole(config: dict[str, object]) -> dict[str, object]:
    base: dict[str, object] = {
        "cluster": {"nodes": ["127.0.0.1"]}, "stats": "off",
        "listeners": {"write": {"bind": "127.0.0.1:1"}, "read": {"bind": "127.0.0.1:2"}},
    }
    return base | config


# The router takes every TAMADA_* variable for a setting; TAMADA_ROUTER is the test's own.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TAMADA_")}


def run(*words: str, **how: Any) -> tuple[int, list[str]]:
    done = subprocess.run([str(router_program()), *words], capture_output=True, text=True, timeout=30, check=False,
                          env=ENVIRONMENT, **how)
    return done.returncode, done.stderr.splitlines()


NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


def let_through(folder: Path) -> None:
    """Anybody may come to this folder; what is in it has rights of its own."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o011)


def free_ports(count: int) -> list[int]:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports


def refuses_alike(folder: Path, config: dict[str, object], words: str) -> None:
    file = folder / "router.yaml"
    file.write_text(yaml.safe_dump(whole(config)))
    checked, check_says = run("-c", "-f", str(file))
    started, start_says = run("-f", str(file))
    assert (checked, started) == (1, 1), (check_says, start_says)
    assert any(words in line for line in check_says), check_says
    assert check_says[:-1] == start_says[:-1]
    assert check_says[-1].endswith("; it cannot be used.") and start_says[-1].endswith("; nothing was started.")


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("place", PLACES)
def test_a_pair_that_cannot_be_used(tmp_path: Path, place: str, pair: Callable[..., tuple[dict[str, str], str]]) -> None:
    files, words = pair(tmp_path)
    if place == "stats.tls" and "ca_file" in files:
        files["client_ca_file"] = files.pop("ca_file")
    refuses_alike(tmp_path, PLACES[place](files), f": {place}: ")
    refuses_alike(tmp_path, PLACES[place](files), words)


@pytest.mark.parametrize("other", OTHERS)
def test_another_file_or_folder(tmp_path: Path, other: Callable[..., tuple[dict[str, object], str]]) -> None:
    config, words = other(tmp_path)
    refuses_alike(tmp_path, config, words)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights from itself")
@pytest.mark.parametrize("config", [{"state_dir": "{}"}, {"stats": {"bind": [], "socket": "{}/x.sock"}}])
def test_a_folder_that_this_user_may_not_write_to(tmp_path: Path, config: dict[str, object]) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o755)
    let_through(tmp_path)
    file = tmp_path / "router.yaml"
    file.write_text(yaml.safe_dump(whole(yaml.safe_load(yaml.safe_dump(config).replace("{}", str(closed))))))
    says = []
    for words in (["-c"], []):
        code, lines = run(*words, "-f", str(file), **NOBODY)
        assert code == 1, lines
        says.append(lines[:-1])
    assert says[0] == says[1]
    assert "cannot be written to by user 65534: Permission denied" in says[0][0], says


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights from itself")
def test_a_socket_that_may_not_be_given_away(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    let_through(tmp_path)
    file = tmp_path / "router.yaml"
    file.write_text(yaml.safe_dump(whole({"stats": {"bind": [], "socket": f"{folder}/x.sock user root"}})))
    code, says = run("-c", "-f", str(file), **NOBODY)
    assert code == 1
    assert f"cannot give {folder}/x.sock to uid 0" in says[0] and "CAP_CHOWN" in says[0], says


def test_what_can_be_used_is_told_with_what_has_no_effect(tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    certificate, key = make_pair(tmp_path, "a")
    file.write_text(yaml.safe_dump(whole({
        "state_dir": str(tmp_path),
        "stats": {"bind": "127.0.0.1:3", "socket": f"{tmp_path}/x.sock mode 660 level admin expose-fd listeners",
                  "tls": {"cert_file": certificate, "key_file": key}}})))
    code, says = run("-c", "-f", str(file))
    assert code == 0
    assert says == [f'note: stats.socket: {tmp_path}/x.sock: "expose-fd listeners" has no effect here']


def test_a_reload_refuses_alike_and_says_so_once(tmp_path: Path) -> None:
    """Certificates are renewed in place: a broken one is told, the old one stays, and the next one is taken."""
    file = tmp_path / "router.yaml"
    certificate, key = make_pair(tmp_path, "a")
    config = whole({"stats": {"bind": [], "socket": f"{tmp_path}/x.sock level admin"},
                    "cluster": {"nodes": ["127.0.0.1"], "api_scheme": "https",
                                "api_tls": {"cert_file": certificate, "key_file": key}},
                    "listeners": {name: {"bind": f"127.0.0.1:{port}"} for name, port in zip(("write", "read"), free_ports(2))}})
    file.write_text(yaml.safe_dump(config))
    log = tmp_path / "log"
    with log.open("w") as out, subprocess.Popen([str(router_program()), "-f", str(file)], stdout=out,
                                                stderr=subprocess.STDOUT, env=ENVIRONMENT) as router:
        try:
            wait_until("it runs", lambda: "router.start" in log.read_text())
            os.rename(make_pair(tmp_path, "b")[1], key)
            wait_until("the broken pair is refused", lambda: "config.refused" in log.read_text())
            _, says = run("-c", "-f", str(file))
            assert says[0] in log.read_text(), (says, log.read_text())
            router.send_signal(signal.SIGHUP)
            wait_until("SIGHUP looks at the files", lambda: log.read_text().count("config.refused") == 2)
            os.rename(tmp_path / "b.pem", certificate)
            wait_until("the new pair is taken", lambda: "config.applied" in log.read_text())
            assert log.read_text().count("config.refused") == 2, log.read_text()
        finally:
            router.terminate()
    assert router.returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_socket_belongs_to_whom_its_line_says(tmp_path: Path) -> None:
    file, path, log = tmp_path / "router.yaml", tmp_path / "x.sock", tmp_path / "log"
    ports = free_ports(2)
    file.write_text(yaml.safe_dump(whole({
        "listeners": {name: {"bind": f"127.0.0.1:{port}"} for name, port in zip(("write", "read"), ports)},
        "stats": {"bind": [], "socket": f"unix@{path} user nobody gid 4711 mode 660 level admin expose-fd listeners"}})))
    with log.open("w") as out, subprocess.Popen([str(router_program()), "-f", str(file)], stdout=out,
                                                stderr=subprocess.STDOUT, env=ENVIRONMENT) as router:
        try:
            wait_until("it runs", lambda: "router.start" in log.read_text())
            found = path.stat()
            assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (pwd.getpwnam("nobody").pw_uid, 4711, 0o660)
            assert 'config.note what="stats.socket: ' in log.read_text()
        finally:
            router.terminate()
