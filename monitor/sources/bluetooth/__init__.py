"""The Bluetooth central: scanning, connections that come back by themselves, errors in plain words."""
