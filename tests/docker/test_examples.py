"""docker/examples: what can be checked of them without a swarm, without Kubernetes and without a second machine.

The router itself says which variables it accepts. Its path: TAMADA_ROUTER, else build/bin/tamada-router.
"""
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from tools.settings import FOLDER, KNOWN

EXAMPLES = FOLDER / "examples"
ROUTER = Path(os.environ.get("TAMADA_ROUTER", FOLDER.parent / "build/bin/tamada-router"))
YAML_FILES = sorted(FOLDER.glob("*.yml")) + sorted(EXAMPLES.rglob("*.yml")) + sorted(EXAMPLES.rglob("*.yaml"))
KUBERNETES = sorted((EXAMPLES / "kubernetes").glob("*.yaml"))
USERS = {"tamada-router": 10125, "tamada-node": 10126, "tamada-example-app": 10126, "tamada-etcd": 10127}
# Of the deployment, not of the router.
IMAGE_VARIABLES = {name for name in KNOWN if name.startswith("TAMADA_")}


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER))


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text()))


def image(text: str) -> str:
    """Without registry and tag: `${TAMADA_REGISTRY:-}tamada-node:${TAMADA_TAG:-latest}` is tamada-node."""
    return re.sub(r"\$\{TAMADA_REGISTRY:-\}|.*/|:.*$", "", text.replace("${TAMADA_REGISTRY:-}", ""))


def default(value: Any) -> str:
    """A Compose file's value as it is when no variable is set."""
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", str(value))


def pods(path: Path) -> Iterator[dict[str, Any]]:
    for document in documents(path):
        if document["kind"] == "Deployment":
            yield document["spec"]["template"]["spec"]


def containers(path: Path) -> list[dict[str, Any]]:
    return [container for pod in pods(path) for container in pod.get("initContainers", []) + pod["containers"]]


def router_environments() -> dict[str, dict[str, str]]:
    """Of every router in a Compose, stack or Kubernetes file."""
    found = {}
    for path in YAML_FILES:
        if path in KUBERNETES:
            for container in containers(path):
                if image(container["image"]) == "tamada-router":
                    found[f"{name(path)} {container['name']}"] = {e["name"]: e["value"] for e in container["env"]}
            continue
        for service, content in documents(path)[0]["services"].items():
            if image(content["image"]) == "tamada-router":
                found[f"{name(path)} {service}"] = {key: default(value)
                                                     for key, value in content["environment"].items()}
    return found


ENVIRONMENTS = router_environments()


def test_every_kind_of_example_has_a_router() -> None:
    places = {place.split()[0] for place in ENVIRONMENTS}
    assert places == {"compose.yml", "stack.yml", "stack-two-routers.yml", "examples/sidecar/compose.yml",
                      "examples/sidecar/stack.yml", "examples/kubernetes/sidecar.yaml",
                      "examples/kubernetes/deployment.yaml"}


@pytest.mark.parametrize("place", ENVIRONMENTS)
def test_the_router_accepts_the_environment(place: str, tmp_path: Path) -> None:
    assert ROUTER.exists(), f"{ROUTER} is missing: build it with `make build`, or name one in TAMADA_ROUTER"
    environment = dict(ENVIRONMENTS[place])
    for key, value in environment.items():
        if value.startswith("/run/secrets/"):  # files have to be readable
            file = tmp_path / Path(value).name
            file.write_text("nobody:*\n" if "users" in value else "password\n")
            environment[key] = str(file)
    done = subprocess.run([ROUTER, "-c"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{place}: {done.stderr}"
    for node in environment["TAMADA_NODES"].split(","):
        assert node in done.stdout


def test_a_variable_that_the_router_does_not_know_would_be_found() -> None:
    environment = ENVIRONMENTS["stack.yml router"] | {"TAMADA_LISTENERS_WRITE_BINDD": "127.0.0.1:1"}
    done = subprocess.run([ROUTER, "-c"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "TAMADA_LISTENERS_WRITE_BINDD" in done.stderr


def test_variables_named_in_texts_are_known_to_the_router_or_to_the_deployment() -> None:
    documented = set(re.findall(r"`(TAMADA_\w+)`", (FOLDER.parent / "docs/configuration.md").read_text()))
    pattern = {re.compile("^" + re.sub("_NAME_|_NAME$", lambda found: found[0].replace("NAME", r"\w+"), variable) + "$")
               for variable in documented}
    texts = sorted(EXAMPLES.rglob("*.md")) + [FOLDER.parent / "docs/docker.md", FOLDER.parent / "docs/docker.ru.md"]
    for path in texts + YAML_FILES:
        for variable in set(re.findall(r"\bTAMADA_[A-Z_0-9]+\b", path.read_text())) - IMAGE_VARIABLES:
            if variable == "TAMADA_ROUTER_PORT":  # what Kubernetes makes for a service of that name
                continue
            assert variable.endswith("_") or any(one.match(variable) for one in pattern), f"{path}: {variable}"


@pytest.mark.parametrize("path", YAML_FILES, ids=name)
def test_images_are_those_that_the_scripts_build(path: Path) -> None:
    for text in re.findall(r"^\s*image: (\S+)", path.read_text(), re.MULTILINE):
        assert image(text) in USERS, text


@pytest.mark.parametrize("path", KUBERNETES, ids=name)
def test_containers_run_locked_down_and_as_the_image_s_user(path: Path) -> None:
    assert containers(path)
    for container in containers(path):
        context = container["securityContext"]
        assert context["runAsUser"] == context["runAsGroup"] == USERS[image(container["image"])]
        assert context["runAsNonRoot"] and context["readOnlyRootFilesystem"]
        assert not context["allowPrivilegeEscalation"] and context["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"]
    for pod in pods(path):
        assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("part", ["router", "node", "etcd"])
def test_the_users_are_those_of_the_images(part: str) -> None:
    assert str(USERS[f"tamada-{part}"]) in (FOLDER / part / "Dockerfile").read_text()


@pytest.mark.parametrize("path", KUBERNETES, ids=name)
def test_probes_ask_ports_and_paths_that_exist(path: Path) -> None:
    documented = set(re.findall(r"`GET (/[a-z]+)`", (FOLDER.parent / "docs/statistics.md").read_text()))
    routers = [container for container in containers(path) if image(container["image"]) == "tamada-router"]
    for container in routers:
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        stats = int(environment.get("TAMADA_STATS_BIND", ":7000").rpartition(":")[2])
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        probes = {kind: container[kind]["httpGet"] for kind in container if kind.endswith("Probe")}
        assert probes["readinessProbe"]["path"] == "/ready" and probes["livenessProbe"]["path"] == "/health"
        for probe in probes.values():
            assert probe["path"] in documented and ports[probe["port"]] == stats
        assert not environment.get("TAMADA_STATS_BIND", "").startswith("127."), "probes come from outside of the pod"


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_engines_wait_longer_than_the_router_drains() -> None:
    for path in KUBERNETES:
        for pod in pods(path):
            for container in pod.get("initContainers", []) + pod["containers"]:
                drain = {entry["name"]: entry["value"] for entry in container["env"]}.get("TAMADA_DRAIN_TIMEOUT")
                before = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["", "0"])[1]
                if drain:
                    assert pod["terminationGracePeriodSeconds"] > seconds(drain) + int(before), path
    for path in sorted(FOLDER.glob("*.yml")) + sorted(EXAMPLES.rglob("*.yml")):
        for content in documents(path)[0]["services"].values():
            if drain := content.get("environment", {}).get("TAMADA_DRAIN_TIMEOUT"):
                assert seconds(content["stop_grace_period"]) > seconds(drain), path


def test_services_lead_to_ports_of_their_pods() -> None:
    path = EXAMPLES / "kubernetes/deployment.yaml"
    labels = documents(path)[0]["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"]: port["containerPort"] for container in containers(path) for port in container["ports"]}
    services = [document for document in documents(path) if document["kind"] == "Service"]
    assert {port["name"] for service in services for port in service["spec"]["ports"]} == {"write", "read", "stats"}
    for service in services:
        assert service["spec"]["selector"].items() <= labels.items()
        assert all(ports[port["targetPort"]] == port["port"] for port in service["spec"]["ports"])
    budget = next(document for document in documents(path) if document["kind"] == "PodDisruptionBudget")
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.skipif(not shutil.which("keepalived"), reason="keepalived is not installed; nothing else reads its files")
@pytest.mark.skipif(os.geteuid() != 0, reason="keepalived reads its file as root only")
def test_keepalived_takes_its_file(tmp_path: Path) -> None:
    good = EXAMPLES / "keepalived/keepalived.conf"
    bad = tmp_path / "bad.conf"
    bad.write_text(good.read_text().replace("weight -20", "weigth -20"))
    status = [subprocess.run(["unshare", "--pid", "--fork", "keepalived", "-t", "-f", path],
                             capture_output=True).returncode for path in (good, bad)]
    assert status[0] == 0 and status[1] != 0
