"""MQTT: topics and messages, delivery, and the discovery messages of Home Assistant."""
