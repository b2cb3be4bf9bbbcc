#!/usr/bin/env bash
# A certificate authority of your own, the broker's certificate, and a password for each user.
#   secrets.sh FOLDER HOST USER...
# FOLDER/ca.crt goes to everybody who connects; FOLDER/<user>.password to that user alone.
# Run again, it keeps what is there and adds users that are new.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 FOLDER HOST USER..." >&2; exit 2; }
command -v openssl >/dev/null || { echo "openssl is missing: apt-get install openssl" >&2; exit 1; }
command -v mosquitto_passwd >/dev/null || { echo "mosquitto_passwd is missing: apt-get install mosquitto" >&2; exit 1; }
folder=$1 host=$2
shift 2
umask 077
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.key ]; then
  openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=gaitcue authority" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout ca.key -out ca.crt 2>/dev/null
fi

if [[ $host =~ ^[0-9.]+$|: ]]; then name=IP:$host; else name=DNS:$host; fi
name=$name,DNS:nats # of the hub's server for workers beside it, in docker-compose.yml
openssl req -new -newkey rsa:3072 -nodes -subj "/CN=$host" -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -out server.crt 2>/dev/null \
  -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$name")
rm server.csr

touch passwords
for user in "$@"; do
  [ -e "$user.password" ] && continue
  openssl rand -base64 18 >"$user.password"
  mosquitto_passwd -b passwords "$user" "$(cat "$user.password")"
done
chmod 644 ca.crt server.crt
echo "made for $host in $folder: ca.crt, server.crt, server.key, passwords, $(printf '%s.password ' "$@")"
