"""The runner's side of a hub: raw packets of every run to a durable log, as soon as it is reached."""
