#!/usr/bin/python3
"""real_patroni.py read|write HOST:PORT: the keys of the cluster /service/patroni as the installed Patroni reads them (one line
of JSON), or keys as it writes them."""
import datetime
import json
import sys

from patroni.dcs import get_dcs


def main():
    what, host = sys.argv[1:]
    dcs = get_dcs({"scope": "patroni", "namespace": "/service/", "name": "pg9", "ttl": 30, "loop_wait": 10, "retry_timeout": 10,
                   "patronictl": True, "etcd3": {"host": host}})
    if what == "write":
        dcs.manual_failover("pg1", "pg2", datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc))
        dcs.write_sync_state("pg1", ["pg3", "pg2"])
        dcs.set_config_value(json.dumps({"ttl": 30}, separators=(",", ":")))
        dcs.set_history_value(json.dumps([[1, 25623960, "no recovery target specified", "2030-01-02T03:04:05+00:00", "pg1"]],
                                         separators=(",", ":")))
        dcs.write_status({"optime": 67108864, "slots": {"pg2": 5}})
        dcs.write_failsafe({"pg1": "http://pg1:8008/patroni"})
        dcs.create_lease()
        dcs.touch_member({"conn_url": "postgres://pg9:5432/postgres", "api_url": "http://pg9:8008/patroni", "state": "running",
                          "role": "replica", "version": "3.0.2", "xlog_location": 7, "timeline": 2,
                          "tags": {"zone": "b", "clonefrom": True}})
        return
    cluster = dcs.get_cluster()
    print(json.dumps({
        "initialize": cluster.initialize,
        "config": cluster.config.data,
        "leader": cluster.leader.name,
        "leader_conn": cluster.leader.conn_kwargs(),
        "checkpoint_after_promote": cluster.leader.checkpoint_after_promote,
        "last_lsn": cluster.last_lsn,
        "slots": cluster.slots,
        "members": {m.name: {"tags": m.tags, "state": m.state, "api_url": m.api_url, "nofailover": m.nofailover,
                             "is_running": m.is_running, "replicatefrom": m.replicatefrom, "data": m.data}
                    for m in cluster.members},
        "failover": [cluster.failover.leader, cluster.failover.candidate, cluster.failover.scheduled_at.isoformat()],
        "sync": [cluster.sync.leader, cluster.sync.members, cluster.sync.matches("pg2")],
        "history": cluster.history.lines,
        "failsafe": cluster.failsafe,
    }))


main()
