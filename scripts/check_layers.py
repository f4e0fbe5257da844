#!/usr/bin/python3
"""Checks which folder may include which: the arrows of docs/architecture.md only go down.

Reads every #include line under common/, router/ and agent/, and the library headers that are reserved to one folder.
Exits 1 with one line per breach, naming file, line, what was found and what is allowed.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder -> the folders it may include from, besides itself. Each folder is one target of the same meaning. The pure ones
# have no sockets, no clock and no log: they are handed the time and the environment.
PURE = {
    "common/base": [],
    "common/json": ["common/base"],
    "common/config": ["common/base"],
    "common/postgres": ["common/base"],
    "common/patroni": ["common/json", "common/base"],
    "common/patroni/dynamic": ["common/patroni", "common/json", "common/base"],
    "router/balance": ["common/base"],
    "router/cluster": ["router/balance", "common/patroni", "common/base"],
    "router/history": ["router/cluster", "router/balance", "common/json", "common/base"],
    "router/stats": ["router/history", "router/cluster", "router/balance", "common/base"],
    "router/stats/haproxy": ["router/stats", "router/balance", "common/base"],
    "router/stats/api": ["router/stats"],
    "router/stats/metrics": ["router/stats/haproxy", "router/stats", "common/base"],
    "router/session/rules": ["router/balance", "common/postgres", "common/base"],
    "agent/ha": ["common/patroni", "common/base"],
    "agent/api/answers": ["common/patroni", "common/json", "common/base"],
    "agent/api/requests": ["agent/api/answers", "common/patroni", "common/json", "common/base"],
    "agent/postgres/formats": ["common/base"],
    "agent/guard/protocol": ["common/base"],
    "agent/guard/rules": ["agent/guard/protocol", "common/base"],
}
OTHERS = {
    "common/loop": ["common/base"],
    "common/files": ["common/loop", "common/base"],
    "common/config/source": ["common/config", "common/files", "common/loop", "common/base"],
    "common/log": ["common/loop", "common/base"],
    "common/process": ["common/loop", "common/base"],
    "common/process/helper": ["common/process"],  # exec_report.h only: a program without libraries
    "common/net": ["common/loop", "common/base"],
    "common/http": ["common/config", "common/net", "common/loop", "common/base"],
    "common/http/auth": ["common/http", "common/base"],
    "common/postgres/client": ["common/postgres", "common/loop", "common/base"],
    "common/etcd": ["common/http", "common/loop", "common/json", "common/base"],
    "router/config": ["router/balance", "common/log", "common/config/source", "common/config", "common/files",
                      "common/base"],
    "router/session": ["router/session/rules", "router/stats", "router/cluster", "router/config", "router/balance",
                       "common/postgres", "common/process", "common/log", "common/loop", "common/base"],
    "router/poll": ["router/stats", "router/cluster", "router/config", "common/patroni", "common/postgres",
                    "common/etcd", "common/http", "common/net", "common/log", "common/files", "common/loop",
                    "common/json", "common/base"],
    "router/api/backend": ["router/stats", "router/balance", "common/loop", "common/base"],
    "router/api/runtime": ["router/api/backend", "router/stats/haproxy", "router/stats", "router/config",
                           "router/balance", "common/loop", "common/base"],
    "router/api": ["router/api/runtime", "router/api/backend", "router/stats/metrics", "router/stats/api",
                   "router/stats/haproxy", "router/stats", "router/config", "router/balance", "common/http/auth",
                   "common/http", "common/loop", "common/json", "common/base"],
    "router/control": ["router/api", "router/api/runtime", "router/api/backend", "router/poll", "router/session",
                       "router/stats/api", "router/stats", "router/history", "router/cluster", "router/config",
                       "router/balance", "common/patroni", "common/http", "common/process", "common/log",
                       "common/config/source", "common/files", "common/loop", "common/base"],
    "agent/config": ["common/patroni/dynamic", "common/patroni", "common/log", "common/config/source", "common/config", "common/files", "common/json",
                     "common/base"],
    "agent/postgres": ["agent/postgres/formats", "common/postgres/client", "common/postgres", "common/process", "common/files",
                       "common/loop", "common/base"],
    "agent/cluster": ["common/patroni", "common/etcd", "common/http", "common/files", "common/loop", "common/json",
                      "common/base"],
    "agent/api": ["agent/api/answers", "agent/api/requests", "common/patroni", "common/http/auth", "common/http", "common/net",
                  "common/loop", "common/base"],
    "agent/guard/processes": ["common/base"],
    "agent/guard": ["agent/guard/rules", "agent/guard/protocol", "agent/guard/processes", "common/base"],  # a program without libraries
    "agent/guard/client": ["agent/guard/protocol", "common/process", "common/loop", "common/base"],
    # What is known of and done to this node's own PostgreSQL.
    "agent/server": ["agent/ha", "agent/config", "agent/postgres", "agent/postgres/formats", "common/patroni/dynamic",
                     "common/patroni", "common/base"],
    "agent/server/settings": ["agent/server", "agent/ha", "agent/config", "agent/postgres", "agent/postgres/formats",
                              "agent/guard/client", "agent/guard/protocol", "common/patroni/dynamic", "common/patroni",
                              "common/postgres/client", "common/process", "common/loop", "common/base"],
    "agent/server/watch": ["agent/server/settings", "agent/server", "agent/ha", "agent/config", "agent/postgres",
                           "agent/postgres/formats", "agent/guard/protocol", "common/patroni", "common/postgres/client",
                           "common/process", "common/files", "common/loop", "common/base"],
    "agent/server/actions": ["agent/server/settings", "agent/server", "agent/ha", "agent/config", "agent/postgres",
                             "agent/postgres/formats", "agent/guard/client", "agent/guard/protocol", "agent/guard/processes",
                             "common/patroni/dynamic", "common/patroni", "common/postgres/client", "common/process", "common/files",
                             "common/loop", "common/base"],
    "agent/server/slots": ["agent/server/settings", "agent/server", "agent/ha", "agent/config", "agent/postgres",
                           "agent/postgres/formats", "common/patroni/dynamic", "common/patroni", "common/postgres/client",
                           "common/loop", "common/base"],
    "agent/server/callbacks": ["agent/config", "agent/postgres/formats", "common/process", "common/loop", "common/base"],
    "agent/peers": ["agent/ha", "agent/server/settings", "agent/server", "agent/config", "agent/api/requests", "agent/api/answers",
                    "agent/postgres/formats", "common/patroni", "common/http/auth", "common/http", "common/postgres/client",
                    "common/net", "common/loop", "common/json", "common/base"],
    "agent/log": ["agent/config", "common/log", "common/loop", "common/files", "common/patroni/dynamic", "common/base"],
    # What is told of this node, the REST API's thread, and what its clients ask for.
    "agent/control/views": ["agent/ha", "agent/server", "agent/config", "agent/postgres", "agent/postgres/formats",
                            "agent/api/answers", "common/patroni/dynamic", "common/patroni", "common/base"],
    "agent/control/api": ["agent/api", "agent/api/answers", "agent/api/requests", "agent/config", "common/http/auth", "common/loop",
                          "common/base"],
    "agent/control/operator": ["agent/control/views", "agent/ha", "agent/server", "agent/cluster", "agent/postgres", "agent/api",
                               "agent/api/answers", "agent/api/requests", "common/patroni/dynamic", "common/patroni", "common/etcd",
                               "common/loop", "common/base"],
    "agent/control/state": ["agent/ha", "agent/server", "agent/config", "agent/postgres/formats", "common/patroni/dynamic",
                            "common/patroni", "common/json", "common/base"],
    "agent/control/store": ["agent/ha", "agent/cluster", "agent/config", "common/patroni", "common/etcd", "common/http", "common/loop",
                            "common/base"],
    "agent/control/server": ["agent/ha", "agent/server", "agent/server/settings", "agent/server/watch", "agent/server/actions",
                             "agent/server/slots", "agent/server/callbacks", "agent/config", "agent/postgres/formats",
                             "agent/guard/client", "agent/guard/protocol", "common/patroni", "common/process", "common/files",
                             "common/loop", "common/base"],
    "agent/control": ["agent/control/state", "agent/control/store", "agent/control/server",
                      "agent/control/views", "agent/control/api", "agent/control/operator", "agent/ha", "agent/server", "agent/server/settings", "agent/server/watch", "agent/server/actions", "agent/server/slots",
                      "agent/server/callbacks", "agent/peers", "agent/log", "agent/config", "agent/postgres",
                      "agent/postgres/formats", "agent/cluster", "agent/api/answers", "agent/api/requests", "agent/api",
                      "agent/guard/client", "agent/guard/protocol", "common/patroni/dynamic", "common/patroni", "common/etcd",
                      "common/http/auth", "common/http", "common/postgres/client", "common/process", "common/log",
                      "common/config/source", "common/config", "common/files", "common/net", "common/loop", "common/json", "common/base"],
    "agent": ["agent/control", "agent/log", "agent/config", "common/log", "common/loop", "common/process", "common/base"],  # main.cpp
    "router": ["router/control", "router/session", "router/config", "common/log", "common/loop", "common/process", "common/base"],  # main.cpp
}
MAY_INCLUDE = PURE | OTHERS

# Library header (prefix) -> the folders that may include it.
RESERVED = {
    "uv.h": ["common/loop"],
    "llhttp.h": ["common/http"],
    "crypt.h": ["common/http/auth"],
    # router/api: digests and randomness of login sessions; common/postgres/client: what libpq's TLS session still holds.
    "openssl/": ["common/http", "common/http/auth", "common/postgres/client", "router/api"],
    "libpq-fe.h": ["common/postgres/client"],
    "yaml-cpp/": ["common/config"],
    "spdlog/": ["common/log", "agent/log"],
    "CLI/": ["common/process", "router/control", "agent/control"],
    "nlohmann/": ["common/json", "common/http", "common/etcd", "common/patroni", "common/patroni/dynamic", "router/history",
                  "router/stats/api", "router/stats/haproxy", "router/api", "router/poll", "router/control", "agent/api/answers",
                  "agent/api/requests", "agent/config", "agent/cluster", "agent/server", "agent/server/settings", "agent/server/watch",
                  "agent/server/actions", "agent/server/slots", "agent/peers", "agent/log", "agent/control/state", "agent/control/views"],
    "thread": ["common/loop", "common/log"],
    # agent/server/actions: the action thread waits for the guard's answers, which come on the loop's.
    "mutex": ["common/loop", "common/log", "common/postgres/client", "router/session", "agent/server/actions", "agent/log"],
}

# Words that have no place in the pure folders.
IMPURE_WORDS = re.compile(r"\b(boot_now|clock_gettime|gettimeofday|system_clock::now|steady_clock::now|getenv)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    return str(path.relative_to(ROOT).parent)


def breaches(path):
    folder = folder_of(path)
    place = path.relative_to(ROOT)
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if folder in PURE and IMPURE_WORDS.search(line.split("//")[0]):
            yield f"{place}:{number}: {folder} is pure; it is handed the time and the environment"
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        if quote == '"':
            wanted = target.rpartition("/")[0]
            allowed = MAY_INCLUDE.get(folder, []) + [folder]
            if "/" not in target:
                yield f'{place}:{number}: "{target}": write the path from the root of the checkout'
            elif wanted not in allowed:
                yield f"{place}:{number}: {folder} may not include {wanted}; allowed: {', '.join(allowed)}"
        for prefix, folders in RESERVED.items():
            hit = target.startswith(prefix) if prefix.endswith("/") else target == prefix
            if hit and folder not in folders:
                yield f"{place}:{number}: <{target}> is reserved to {', '.join(folders)}"


def main():
    files = sorted(p for top in ("common", "router", "agent") for p in (ROOT / top).rglob("*") if p.suffix in (".h", ".cpp"))
    unknown = {folder_of(p) for p in files} - MAY_INCLUDE.keys()
    found = [f"{name}: not in scripts/check_layers.py; add what it may include" for name in sorted(unknown)]
    found += [f"{folder}: is pure and may not include {wanted}, which is not"
              for folder, all_wanted in PURE.items() for wanted in all_wanted if wanted not in PURE]
    found += [line for path in files for line in breaches(path)]
    found += [f"{p.relative_to(ROOT)}: #pragma once is missing"
              for p in files if p.suffix == ".h" and "#pragma once" not in p.read_text()]
    print("\n".join(found) if found else f"layers: {len(files)} files, every include goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
