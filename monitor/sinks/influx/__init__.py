"""InfluxDB: which record becomes which point, delivery, backfill, and the proxy that guards the server."""
