#!/usr/bin/env bash
# Inside the InfluxDB container, once it is set up: a token that may only read, for Grafana, and one that
# may only write, for the write proxy.
set -euo pipefail
umask 077
token() { # FILE PERMISSION DESCRIPTION
  [ -s "/tokens/$1" ] && return
  influx auth create --org gaitcue "--$2-bucket" "$bucket" --description "$3" --hide-headers |
    awk -F'\t' '{print $3}' >"/tokens/$1"
}
bucket=$(influx bucket list --org gaitcue --name gait --hide-headers | cut -f1)
token grafana.token read "Grafana reads"
token proxy.token write "the write proxy writes"
