#!/bin/sh
# The obvious way to rotate a client secret: have it regenerated, write it where consumers read it, done.
# It is shipped to show what it does to consumers: `twinkey demo` runs it first, on the same sandbox.
#
#   usage: rotate.sh LIVE_FILE
#
# LIVE_FILE is JSON with the fields client_id and client_secret, on a line each.
set -eu

live=$1
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$live"; }

client_id=$(field client_id)
old=$(field client_secret)

# 1. A person goes to the portal and regenerates the secret. From that click on, the old one is dead.
printf 'Regenerate the secret of client %s in the portal, then paste the new one here: ' "$client_id" >&2
read -r new

# 2. A little care: at least it is not empty, and not the old one.
if [ -z "$new" ] || [ "$new" = "$old" ]; then
    echo "that is not a new secret" >&2
    exit 1
fi

# 3. Write it, so that no consumer reads half a file.
umask 077
cat >"$live.new" <<JSON
{
  "client_id": "$client_id",
  "client_secret": "$new"
}
JSON
mv "$live.new" "$live"

# 4. Done. Nobody asked the provider whether the new secret works, and every consumer that has read the old
#    pair goes on using it until it reads again.
echo "rotated" >&2
