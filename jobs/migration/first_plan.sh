#!/bin/sh
# The first step of a migration: what Studio has now, what the list asks for, and a plan that only adds.
# Writes nothing to Studio.
#
#   first_plan.sh LIST FOLDER
#
# LIST is a list of roles; `rolesync migrate` makes one of any other spreadsheet or export.
# FOLDER gets, in this order:
#   before.csv    today's holders of the managed roles as a list: the way back (rolesync plan FOLDER/before.csv)
#   list.txt      what LIST says, and everything noticed in it
#   compare/      what making Studio equal to LIST would take, removals included: for reading, not for applying
#   additions/    the plan to review and apply first, which never removes anybody
# Exit code: that of the additions' plan (0 nothing to add, 2 additions wait, …), or of the step that failed.
set -u
umask 077 # lists and plans name people
if [ $# -ne 2 ]; then
  echo "usage: first_plan.sh LIST FOLDER" >&2
  exit 64
fi
list=$1 folder=$2
review=$(dirname "$0")/../review/review.sh

if [ -e "$folder/before.csv" ]; then
  echo "$folder/before.csv is the way back of an earlier start: name another folder" >&2
  exit 64
fi
mkdir -p "$folder" || exit 1
rolesync export --output "$folder/before.csv" || exit
rolesync validate "$list" >"$folder/list.txt" || exit

"$review" "$list" "$folder/compare"
code=$?
case $code in
0 | 2 | 4) ;; # a guard may well block the removals of a first comparison; that is what it is for
*) exit "$code" ;;
esac

"$review" "$list" "$folder/additions" --no-removals
code=$?
if [ "$code" -eq 2 ]; then
  echo "Look at $folder/list.txt, $folder/compare/plan.html and $folder/additions/plan.html, then see it work and do it:"
  echo "  rolesync rehearse $folder/additions/plan.json"
  echo "  rolesync apply $folder/additions/plan.json"
fi
exit "$code"
