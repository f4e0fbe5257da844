"""Real clusters for tests, demo and bench: etcd, Patroni or tamada-agent with PostgreSQL, HAProxy, the router, and writers.

    with Cluster(ttl=20) as cluster:
        proxy = cluster.add(Router(cluster).start())
        proxy.wait_ready()
        with Workload(cluster, proxy) as load:
            cluster.switchover()
            load.wait_for_writes()
        assert not load.report().errors_on_new_connections()
"""
from .cluster import Cluster
from .haproxy import HAProxy
from .node import Node, agent_program
from .patroni_config import NO_PASSWORDS
from .proxy import Direct, Proxy
from .router import Router, router_environment, router_program
from .wait import Timeout, wait_until
from .workload import Report, Workload

__all__ = ["NO_PASSWORDS", "Cluster", "Direct", "HAProxy", "Node", "Proxy", "Report", "Router", "Timeout",
           "Workload", "agent_program", "router_environment", "router_program", "wait_until"]
