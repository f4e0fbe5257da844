"""What others write is bounded where it comes in: a leader key of 1.4 MB, changed again and again."""
import base64
import json
import urllib.request
from typing import Callable

from cluster import Cluster, Router, wait_until

SETTINGS = {"nodes": 1}
KEY = "/elsewhere/tamada/leader"  # not Patroni's own: that is the leader's
CHANGES = 60
LONGEST = 1_400_000


def test_a_huge_leader_key_costs_no_memory_and_takes_no_leader_away(
        cluster: Cluster, make_router: Callable[..., Router]) -> None:
    router = make_router(cluster, config={"cluster": {"etcd": {"hosts": [cluster.etcd.endpoint],
                                                               "namespace": "/elsewhere"}}})
    router.wait_ready(replicas=False)
    assert router.server
    before = router.server.memory_kib()["Rss"]

    for change in range(CHANGES):
        length = LONGEST - change
        put(cluster, "x" * length)
        wait_until(f"the key of {length} bytes is told", lambda: f"holds {length} bytes" in disagreements(router))

    state = router.state()
    assert len(json.dumps(state)) < 1_000_000
    assert router.server.memory_kib()["Rss"] - before < 200_000
    assert state["cluster"]["etcd"]["leader_key"] is None
    assert router.leader() == cluster.wait_for_leader().name
    assert router.serves(router.write, in_recovery=False)
    assert max(len(line) for line in router.log_text().splitlines()) < 10_000


def put(cluster: Cluster, value: str) -> None:
    body = {"key": base64.b64encode(KEY.encode()).decode(), "value": base64.b64encode(value.encode()).decode()}
    request = urllib.request.Request(f"http://{cluster.etcd.endpoint}/v3/kv/put", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def disagreements(router: Router) -> str:
    return " ".join(found["words"] for found in router.state()["disagreements"])
