#!/usr/bin/python3
"""Writes the seeds of the fuzzers of PostgreSQL's and Patroni's words into tests/fuzz/corpus/NAME: one of every kind of input."""
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures" / "patroni"


def packet(code, body=b""):
    return struct.pack("!iI", 8 + len(body), code) + body


def request(number):
    return 1234 << 16 | number


def startup(minor, *words):
    return packet(3 << 16 | minor, b"".join(word.encode() + b"\0" for word in words) + b"\0")


def message(kind, body=b""):
    return kind + struct.pack("!i", 4 + len(body)) + body


def error(*fields):
    return message(b"E", b"".join(field.encode() + b"\0" for field in fields) + b"\0")


def proxy_v2(command, family, rest):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) + struct.pack("!H", len(rest)) + rest


FATAL = error("SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up", "Fpostmaster.c", "L2388")
FORK = b"Ecould not fork new process for connection: Resource temporarily unavailable\n\0"
AUTH_OK = message(b"R", struct.pack("!i", 0))
SASL = message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")
PARAMETER = message(b"S", b"server_version\0" b"15.6\0")
READY = message(b"Z", b"I")
# Four numbers behind a stream say where it is cut.
CUTS = b"\x01\x05\x20\x80"

TCP4 = bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack("!HH", 54321, 5000)
TCP6 = bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack("!HH", 54321, 5000)

CONTROL_DATA = b"""pg_control version number:            1300
Database system identifier:           7713550957051643213
Database cluster state:               shut down in recovery
Latest checkpoint location:           0/5000028
Latest checkpoint's REDO location:    0/4FFFF28
Latest checkpoint's TimeLineID:       2
Latest checkpoint's PrevTimeLineID:   1
Minimum recovery ending location:     0/50000A0
Min recovery ending loc's timeline:   2
wal_log_hints setting:                on
max_connections setting:              400
Bytes per WAL segment:                16777216
Data page checksum version:           0
"""

SEEDS = {
    "first_packet": {
        "ssl_request": packet(request(5679)),
        "gss_enc_request": packet(request(5680)),
        "cancel_3_0": packet(request(5678), struct.pack("!I", 4711) + b"key!"),
        "cancel_3_2": packet(request(5678), struct.pack("!I", 4711) + bytes(range(32))),
        "cancel_short": packet(request(5678), struct.pack("!I", 4711) + b"key"),
        "startup": startup(0, "user", "anna", "database", "orders", "application_name", "psql"),
        "startup_3_2": startup(2, "user", "anna", "replication", "database", "options", "-c a=b", "_pq_.x", "1"),
        "startup_no_value": startup(0, "user")[:-1],
        "startup_v2": packet(2 << 16, bytes(288)),
        "startup_v4": packet(4 << 16, b"\0"),
        "ssl_then_startup": packet(request(5679)) + startup(0, "user", "anna"),
        "direct_tls": bytes.fromhex("160301020001000001fc0303"),
        "two_gigabytes": b"\x7f\xff\xff\xff\0\3\0\0",
        "http": b"GET / HTTP/1.1\r\nHost: db\r\n\r\n",
        "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
        "proxy_v1": b"PROXY TCP4 10.0.0.1 10.0.0.2 54321 5000\r\n",
    },
    "startup_reply": {
        "whole": SASL + AUTH_OK + PARAMETER + message(b"K", b"\0\0\x12\x67key!") + READY + CUTS,
        "protocol_3_2": message(b"v", b"\0\3\0\0\0\0\0\0") + AUTH_OK + message(b"K", b"\0\0\0\1" + bytes(32)) + READY + CUTS,
        "notice": message(b"N", b"SWARNING\0Mold\0\0") + AUTH_OK + READY + CUTS,
        "starting_up": FATAL + CUTS,
        "late_error": AUTH_OK + PARAMETER + FATAL + CUTS,
        "fork_failed": FORK + CUTS,
        "http": b"HTTP/1.0 400 Bad Request\r\n\r\n" + CUTS,
        "early_ready": READY + CUTS,
    },
    "proxy_protocol": {
        "v1_tcp4": b"PROXY TCP4 10.0.0.1 10.0.0.2 54321 5000\r\n",
        "v1_tcp6": b"PROXY TCP6 2001:db8::1 ::1 0 65535\r\n",
        "v1_unknown": b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
        "v2_local": proxy_v2(0x20, 0, b""),
        "v2_tcp4": proxy_v2(0x21, 0x11, TCP4),
        "v2_tcp6": proxy_v2(0x21, 0x21, TCP6),
        "v2_unix": proxy_v2(0x21, 0x31, bytes(216)),
        "v2_tlv": proxy_v2(0x21, 0x11, TCP4 + b"\x01\x00\x0apostgresql\x04\x00\x00"),
        "v2_tlv_beyond": proxy_v2(0x21, 0x11, TCP4 + b"\x01\xff\xff"),
        "v2_udp": proxy_v2(0x21, 0x12, TCP4),
    },
    "error_response": {
        "starting_up": FATAL,
        "full": error("SFATAL", "VFATAL", "C57P01", "Mgoing", "Dbecause", "Hretry", "WPL/pgSQL", "P12"),
        "translated": error("SFATAL, auf Deutsch", "C28P01", "Mfalsch"),
        "fork_failed": FORK,
        "old_fatal": b"EFATAL:  sorry, too many clients already\n\0",
        "empty": message(b"E", b"\0\0\0\0"),
    },
    "agent_api": {
        "lag": b"/replica?lag=10MB&tag_dc=north&replication_state=streaming",
        "words": b"/x/read-only-sync/standby_leader",
        "ready": b"/readiness?mode=write&lag=0x10",
        "metrics": b"/metrics",
        "cluster": b"//cluster/x",
        "restart": b'{"schedule": "2027-01-01T00:00:00.5+01:00", "role": "replica", "postgres_version": "15.4", "timeout": "2min"}',
        "switchover": b'{"leader": "pg1", "candidate": "pg2", "scheduled_at": "2027-01-01 00:00Z"}',
        "failover": b'{"member": "pg3"}',
        "patch": b'{"ttl": null, "postgresql": {"parameters": {"a": "1", "b": null}, "authentication": {}}, "slots": {"x": []}}',
        "failsafe": b'{"name": "pg1", "conn_url": "x", "api_url": "y", "slots": {"pg1": 5}}',
    },
    "control_data": {
        "replica": CONTROL_DATA,
        "damaged": b"WARNING: Calculated CRC checksum does not match value stored in file.\n" + CONTROL_DATA,
        "translated": "Состояние кластера БД:                в работе\n".encode(),
        "history": b"1\t0/3000000\tno recovery target specified\n\n# x\n2\t0/5000110\tx\n",
        "backup_label": b"START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\nCHECKPOINT LOCATION: 0/2000060\n"
                        b"BACKUP FROM: standby\nSTART TIMELINE: 3\n",
        "waldump": b"rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/0182E220, prev 0/0182E1A8, desc: "
                   b"CHECKPOINT_SHUTDOWN redo 0/182E220; tli 1\n",
        "waldump_end": b"pg_waldump: error: error in WAL record at 0/182E220: invalid record length at 0/182E298: wanted 24, "
                       b"got 0\n",
        "rewind": b'pg_rewind: error: could not open file "/data/pg_wal/0000000A00006AA100000068": No such file or directory\n',
        "settings": b"work_mem\tuser\tResource Usage\tINTEGER\t4096\t64\t2147483647\tSets.\tThis.\n",
    },
    "postmaster_pid": {
        "ready": b"4711\n/var/lib/postgresql/15/main\n1795950000\n5432\n/run/postgresql\n10.0.0.1\n  5432001    262146\nready   \n",
        "single_user": b"-4711\n/data\n1795950000\n5432\n\n\n",
        "cut": b"4711\n/data\n17959",
        "garbage": b"\n\0\n99999999999\n",
    },
    # The first byte says which key it is.
    "store_values": {
        "member": b'\0{"conn_url":"postgres://10.0.0.1:5432/postgres","api_url":"http://10.0.0.1:8008/patroni","state":"running",'
                  b'"role":"primary","version":"4.1.4","checkpoint_after_promote":false,"tags":{"nofailover":true,"n":1.5,"o":null},'
                  b'"pending_restart":true,"pending_restart_reason":{"max_connections":{"old_value":"1","new_value":2}},'
                  b'"xlog_location":67108864,"timeline":7,"scheduled_restart":{"schedule":"2030-01-01","role":"replica"},"pause":true}',
        "member_kwargs": b'\0{"conn_kwargs":{"host":"pg1","port":"5433","dbname":"x"}}',
        "member_url": b"\0postgres://u:p@pg1:5432/postgres?application_name=http://pg1:8008/patroni",
        "sync": b'\1{"leader":"pg1","quorum":1,"sync_standby":"pg2, pg3"}',
        "status": b'\2{"optime":67108864,"slots":{"a":"5"},"retain_slots":["pg2"]}',
        "status_texts": b'\2{"optime":"1","slots":"{\\"a\\":5}","retain_slots":"[\\"pg2\\"]"}',
        "status_old": b"\00267108864",
        "history": b'\3[[1,25623960,"no recovery target specified","2026-01-02T03:04:05+00:00","pg1"],[2,3,"x"]]',
        "failover": b'\4{"leader":"a","member":"b","scheduled_at":"2030-01-01T00:00:00+00:00"}',
        "failover_old": b"\4a:b",
        "failsafe": b'\5{"pg1":"http://pg1:8008/patroni"}',
        "all": b'\6{"leader":"pg1"}',
        "duplicate": b'\0{"state":"a","state":"b"}',
    },
}
OF_FIXTURES = {"node_status": "status_", "cluster_members": "cluster_", "dynamic_config": "config_"}
HOSTILE = {"nested": b"[" * 40, "duplicate": b'{"ttl":1,"ttl":2}', "html": b"<html>502</html>",
           "wrong_types": b'{"state":7,"role":[],"members":[{"name":null,"lag":"x"}],"ttl":"soon"}'}


def main():
    for name, start in OF_FIXTURES.items():
        SEEDS[name] = {path.stem: path.read_bytes() for path in sorted(FIXTURES.glob(start + "*.json"))} | HOSTILE
    for name, seeds in SEEDS.items():
        folder = HERE / "corpus" / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, content in seeds.items():
            (folder / seed).write_bytes(content)


if __name__ == "__main__":
    main()
