"""patroni.yml for one node, as plain data."""
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .process import POSTGRES_BIN

SUPERUSER = ("postgres", "super-secret")
REPLICATION = ("replicator", "replica-secret")
APPLICATION = ("app", "app-secret")


@dataclass(frozen=True)
class Settings:
    """What a test may want different. The times are Patroni's stock ones, in seconds."""
    nodes: int = 3
    agent: str = "patroni"  # or "tamada": tamada-agent on every node
    scope: str = "tamada"
    ttl: int = 30
    loop_wait: int = 10
    retry_timeout: int = 10
    synchronous: bool = False
    tls: bool = False
    # False: nothing is lost when only processes die, which is all that tests do; a machine is never cut off here.
    fsync: bool = False
    max_connections: int = 150
    shared_buffers: str = "32MB"
    authentication: str = "scram-sha-256"  # or "trust": see NO_PASSWORDS

# For tests that count errors on new connections. With passwords a new session and its server speak in turns for some
# milliseconds; once the client has seen the server's first words nobody can give it another server unseen, so one that
# is caught there loses its session (test_clients.py has that case). Without, the server's first words are its last ones
# of start-up as well, and not one error is allowed.
NO_PASSWORDS = {"authentication": "trust"}


def patroni_config(settings: Settings, *, name: str, address: str, postgres_port: int, api_port: int,
                   folder: Path, etcd: str, certificate: tuple[Path, Path] | None) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "max_connections": settings.max_connections,
        "shared_buffers": settings.shared_buffers,
        "fsync": "on" if settings.fsync else "off",
        "full_page_writes": "on",  # pg_rewind needs these two
        "wal_log_hints": "on",
        "max_wal_senders": 10,
        "wal_keep_size": "64MB",
        "min_wal_size": "48MB",
        "max_wal_size": "512MB",
        # Files in the data folder, which is removed at the end: a killed server leaves nothing in /dev/shm.
        "dynamic_shared_memory_type": "mmap",
        "unix_socket_directories": str(folder),
        "log_line_prefix": "%m [%p] %q%u@%d %r ",
        "timezone": "UTC",
    }
    if certificate:
        parameters |= {"ssl": "on", "ssl_cert_file": str(certificate[0]), "ssl_key_file": str(certificate[1])}
    return {
        "scope": settings.scope,
        "name": name,
        "log": {"level": "INFO"},
        "restapi": {"listen": f"{address}:{api_port}", "connect_address": f"{address}:{api_port}"},
        "etcd3": {"host": etcd},
        "bootstrap": {
            "dcs": {
                "ttl": settings.ttl,
                # A leader makes a new replica's slot in its next loop: one second while the cluster is put together;
                # Cluster.start() sets the wanted value then.
                "loop_wait": 1,
                "retry_timeout": settings.retry_timeout,
                "maximum_lag_on_failover": 1048576,
                "synchronous_mode": settings.synchronous,
                "postgresql": {
                    "use_pg_rewind": True,
                    "use_slots": True,
                    "parameters": {key: parameters[key] for key in ("max_connections", "max_wal_senders",
                                                                    "wal_log_hints", "wal_keep_size")},
                },
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, {"auth-host": "scram-sha-256"},
                       {"auth-local": "trust"}, "no-sync"],
        },
        "postgresql": {
            "listen": f"{address}:{postgres_port}",
            "connect_address": f"{address}:{postgres_port}",
            "data_dir": str(folder / "data"),
            "bin_dir": POSTGRES_BIN,
            "pgpass": str(folder / "pgpass"),
            "use_unix_socket": True,
            "authentication": {
                "superuser": {"username": SUPERUSER[0], "password": SUPERUSER[1]},
                "replication": {"username": REPLICATION[0], "password": REPLICATION[1]},
            },
            "parameters": parameters,
            "pg_hba": [
                "local all all trust",
                "host replication all 127.0.0.0/8 scram-sha-256",
                f"host all all 127.0.0.0/8 {settings.authentication}",
            ],
            "basebackup": [{"checkpoint": "fast"}, "no-sync"],
        },
        "tags": {"nofailover": False, "noloadbalance": False, "clonefrom": False, "nosync": False},
    }
