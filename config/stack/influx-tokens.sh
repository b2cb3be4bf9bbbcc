#!/usr/bin/env bash
# Inside the InfluxDB container, once it is set up: the bucket of steps and seconds, which forgets them after
# 90 days, a token that may only read, for Grafana, and one that may only write, for the write proxy.
set -euo pipefail
umask 077
id() { influx bucket list --org gaitcue --name "$1" --hide-headers | cut -f1; }
token() { # FILE PERMISSION DESCRIPTION
  [ -s "/tokens/$1" ] && return
  influx auth create --org gaitcue "--$2-bucket" "$(id gait)" "--$2-bucket" "$(id gait_raw)" --description "$3" --hide-headers |
    awk -F'\t' '{print $3}' >"/tokens/$1"
}
influx bucket create --org gaitcue --name gait_raw --retention 90d
token grafana.token read "Grafana reads"
token proxy.token write "the write proxy writes"
