#!/bin/sh
# The dry run before changes: makes a plan and saves it in a folder for the reviewer. Writes nothing to Studio.
#
#   review.sh LIST FOLDER [OPTION OF rolesync plan …]
#
# FOLDER gets plan.txt (the output of the terminal), and plan.json, plan.md and plan.html if a plan could be made.
# Exit code, for a scheduler or a CI pipeline: 0 nothing would change, 2 changes are pending, 3 the list was refused,
# 4 a guard blocks the plan; ../README.md lists the others. With --impact, the plan also counts the media of users who
# would lose a role.
# After the review: rolesync review FOLDER/plan.json, then rolesync apply FOLDER/plan.approved.json
set -u
umask 077 # plans name people
if [ $# -lt 2 ]; then
  echo "usage: review.sh LIST FOLDER [OPTION OF rolesync plan ...]" >&2
  exit 64
fi
list=$1 folder=$2
shift 2

# Remove the previous plan first: if a new plan can't be made, the old one must not look like it.
mkdir -p "$folder" && rm -f "$folder/plan.txt" "$folder/plan.json" "$folder/plan.md" "$folder/plan.html" || exit 1

rolesync plan "$list" --output "$folder/plan.json" --detailed-exitcode --all "$@" >"$folder/plan.txt"
code=$?
if [ -f "$folder/plan.json" ]; then
  rolesync show "$folder/plan.json" --markdown "$folder/plan.md" --html "$folder/plan.html" || exit
fi
exit "$code"
