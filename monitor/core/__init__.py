"""The words all rooms share (packet, record, settings, error, secret) and the plumbing: clock, channel,
retry, JSON and TOML of dataclasses, HTTP server, MQTT connection, file lock.  It knows no room above it.
"""
