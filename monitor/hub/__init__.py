"""Many runners at once: packets in a durable log, sessions on workers that may be killed, records once.

The log is NATS JetStream.  Each run is one subject, a share of all runs one partition, and a worker has
whole partitions; it snapshots its sessions and reads on from there when it is started anew.  Above
``service``, which runs one session; knows no wire format of a sensor and no formula.
"""
