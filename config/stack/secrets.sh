#!/usr/bin/env bash
# Every secret of the stack, once: what is there already stays as it is.
#   secrets.sh HOST [RUNNER...]
# Files are of mode 600 and belong to you; the containers run as you.  InfluxDB makes its own tokens at
# its first start, into secrets/influx; give each runner runners/NAME.token and mosquitto/NAME.password.
# Run again with one more name, it adds that runner.
set -euo pipefail
host=${1:?usage: secrets.sh HOST [RUNNER...]}
shift
for name in "$@"; do
  [[ $name =~ ^[a-z0-9_-]+$ ]] || { echo "$name: give runners names of small letters and digits" >&2; exit 2; }
done
umask 077
mkdir -p secrets/influx secrets/runners secrets/hub data/{influxdb,grafana,mosquitto,ntfy,gaitcue,nats,hub,prometheus}
word() { openssl rand -hex 20; }
keep() { [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"; }
keep influx-password "$(word)"
keep influx-admin-token "$(word)"
keep grafana-password "$(word)"
for name in "$@"; do keep "runners/$name.token" "$(word)"; done
keep ntfy-password "$(word)"
keep ntfy-token "tk_$(openssl rand -hex 15 | cut -c1-29)"
if [ ! -s secrets/ntfy.yml ]; then
  hash=$(PASSWORD=$(cat secrets/ntfy-password) SALT=$(openssl rand -hex 11) \
    perl -e 'print crypt($ENV{PASSWORD}, q($2b$10$) . $ENV{SALT})')
  [[ $hash == '$2'* ]] || { echo "this machine's crypt knows no bcrypt: use Debian's perl" >&2; exit 1; }
  {
    echo "auth-users: ['coach:$hash:admin']"
    echo "auth-tokens: ['coach:$(cat secrets/ntfy-token):gaitcue']"
  } >secrets/ntfy.yml
fi
if [ -e config/mosquitto/secrets.sh ]; then
  bash config/mosquitto/secrets.sh secrets/mosquitto "$host" homeassistant coach health "$@"
fi
uid=${SUDO_UID:-$(id -u)} gid=${SUDO_GID:-$(id -g)}
if [ "$(id -u)" -eq 0 ]; then # nothing runs as root
  [ "$uid" -ne 0 ] || uid=1000 gid=1000
  chown -R "$uid:$gid" secrets data
fi
printf 'GAITCUE_UID=%s\nGAITCUE_GID=%s\nGAITCUE_HOST=%s\nGAITCUE_RUNNERS=%s\n' "$uid" "$gid" "$host" "$*" >.env
echo "made in secrets/ (mode 600); the coach's password for Grafana is in secrets/grafana-password"
