#!/bin/sh
# One step of a fleet's night in shards: plan or apply shard INDEX (from 0) of COUNT, or merge. Any workflow engine can
# run it.
#
# usage: shard.sh plan|apply INDEX COUNT    |    shard.sh merge|merged
#
# FLEET names the fleet file, NIGHT a new folder for each night. Both, and the state folder, are on storage that all
# machines share. The engine must not repeat a step by itself: the merge reports a failed shard.
set -eu
: "${FLEET:=/etc/rolesync/fleet.toml}" "${NIGHT:?name a new folder for each night}"

case $1 in
plan) exec rolesync fleet plan "$FLEET" -o "$NIGHT" --shard "$(($2 + 1))/$3" ;;
apply) exec rolesync fleet apply "$NIGHT" --yes --shard "$(($2 + 1))/$3" ;;
merge) exec rolesync fleet merge "$NIGHT" -f "$FLEET" ;;
merged) exec rolesync fleet merge "$NIGHT" -f "$FLEET" --applied ;;
*) echo "usage: $0 plan|apply INDEX COUNT | merge|merged" >&2; exit 64 ;;
esac
