#!/usr/bin/python3
"""The REST API of the agent, asked by the clients that people use: Python's http.client, requests, curl, and what Debian's
Patroni itself makes of a peer's status.

api_clients.py PROGRAM: PROGRAM is agent_api_program. Exits 1 with the first thing that is not as expected.
"""
import http.client
import json
import subprocess
import sys

import requests
from patroni.dcs import Member
from patroni.ha import _MemberStatus


class Api:
    """A server of its own, as long as the block lasts."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.process = subprocess.Popen([sys.argv[1], self.kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def curl(self, *words):
        return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "30", *words], text=True, check=True,
                              stdout=subprocess.PIPE).stdout


def member(name):
    return Member.from_node(1, name, "", json.dumps({"conn_url": "postgres://a/b", "api_url": "http://a:8008/patroni"}))


def expect(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"


def check_patroni_reads_a_peer():
    """Patroni's own reading of a peer's status, in a race for the lock."""
    with Api("leader") as api:
        leader = _MemberStatus.from_api_response(member("pg1"), requests.get(f"{api.url}/patroni", timeout=30).json())
    expect((leader.reachable, leader.in_recovery, leader.timeline), (True, False, 3))
    with Api("replica") as api:
        replica = _MemberStatus.from_api_response(member("pg2"), requests.get(f"{api.url}/patroni", timeout=30).json())
    expect((replica.reachable, replica.in_recovery, replica.wal_position), (True, True, 5000))
    expect(replica.failover_limitation(), None)
    with Api("vacant") as api:  # what was asked before the request counts for nothing, so the peer is no voter
        body = requests.get(f"{api.url}/patroni", timeout=30).json()
    expect("xlog" in body, False)
    expect(body["cluster_unlocked"], True)


def check_keep_alive():
    """Many requests of one session, over one connection."""
    with Api("leader") as api:
        connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
        for path, status in (("/primary", 200), ("/replica", 503), ("/cluster", 200), ("/history", 200), ("/config", 200)):
            connection.request("GET", path)
            answer = connection.getresponse()
            json.loads(answer.read())
            expect((path, answer.status), (path, status))
            expect(answer.will_close, False)
        local = connection.sock.getsockname()
        connection.request("HEAD", "/primary")
        answer = connection.getresponse()
        expect((answer.status, answer.getheaders(), answer.read()), (200, [], b""))
        connection.request("GET", "/primary")
        expect(connection.getresponse().status, 200)
        expect(connection.sock.getsockname(), local)


def check_status_lines():
    """Checks that are answered with a status line, and end their connection."""
    with Api("leader") as api:
        for method, path, status in (("OPTIONS", "/", 200), ("OPTIONS", "/replica", 503), ("GET", "/liveness", 200),
                                     ("GET", "/readiness", 200)):
            connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
            connection.request(method, path)
            answer = connection.getresponse()
            expect((answer.status, answer.getheaders(), answer.read()), (status, [], b""))
            expect(answer.will_close, True)


def check_changes():
    """Requests with bodies, as requests and curl send them."""
    with Api("leader") as api:
        answer = requests.patch(f"{api.url}/config", json={"loop_wait": 5}, timeout=30)
        expect((answer.status_code, answer.json()), (200, {"ttl": 30, "loop_wait": 5}))
        answer = requests.post(f"{api.url}/restart", timeout=30)
        expect((answer.status_code, answer.text), (200, "restarted successfully"))
        expect(requests.post(f"{api.url}/nothing", timeout=30).status_code, 501)
        write = "\n%{http_code} %{content_type}"
        expect(api.curl("-XPOST", "-d", '{"leader": "pg2"}', "-w", write, f"{api.url}/switchover"),
               "leader name does not match\n412 text/html")
        expect(api.curl("-XDELETE", "-w", write, f"{api.url}/switchover"), "no switchover is scheduled\n404 text/html")
        expect(api.curl("-0", "-w", "%{http_code}", "-o", "/dev/null", f"{api.url}/primary"), "200")
        expect(api.curl("-I", "-w", "%{http_code}", "-o", "/dev/null", f"{api.url}/primary"), "200")


def main():
    for check in (check_patroni_reads_a_peer, check_keep_alive, check_status_lines, check_changes):
        check()
        print(f"{check.__name__}: as expected")


if __name__ == "__main__":
    main()
