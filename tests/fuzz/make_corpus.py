#!/usr/bin/python3
"""Writes the seeds of the fuzzers of common/wire into tests/fuzz/corpus/NAME: one of every kind of input."""
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
