#!/usr/bin/env bash
# Inside the InfluxDB container, once it is set up: a token that may only read, for Grafana, and for each
# runner one that may only write.  For a runner who joins later:
#   docker-compose exec influxdb bash /docker-entrypoint-initdb.d/tokens.sh NAME
set -euo pipefail
umask 077
token() { # FILE PERMISSION DESCRIPTION
  [ -s "/tokens/$1" ] && return
  influx auth create --org gaitcue "--$2-bucket" "$bucket" --description "$3" --hide-headers |
    awk -F'\t' '{print $3}' >"/tokens/$1"
}
bucket=$(influx bucket list --org gaitcue --name gait --hide-headers | cut -f1)
token grafana.token read "Grafana reads"
for runner in ${*:-$RUNNERS}; do token "$runner.token" write "$runner writes"; done
