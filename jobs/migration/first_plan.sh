#!/bin/sh
# The first step of a migration: save the live roles, check the list, and make a plan of additions only.
# Writes nothing to Studio.
#
#   first_plan.sh LIST FOLDER
#
# LIST is a list of roles; `rolesync migrate` makes such a list from any other spreadsheet or export.
# FOLDER gets, in this order:
#   before.csv    the live holders of the managed roles as a list; to go back: rolesync plan FOLDER/before.csv
#   list.txt      the roles that LIST asks for, and its findings
#   compare/      the plan that makes Studio equal to LIST, with removals; to read, not to apply
#   additions/    the plan to review and apply first; it removes no role
# Exit code: that of the plan of additions (0 nothing to add, 2 additions are pending, …), or of the step that failed.
set -u
umask 077 # lists and plans name people
if [ $# -ne 2 ]; then
  echo "usage: first_plan.sh LIST FOLDER" >&2
  exit 64
fi
list=$1 folder=$2
review=$(dirname "$0")/../review/review.sh

if [ -e "$folder/before.csv" ]; then
  echo "$folder/before.csv exists from an earlier start and is not overwritten: name another folder" >&2
  exit 64
fi
mkdir -p "$folder" || exit 1
rolesync export --output "$folder/before.csv" || exit
rolesync validate "$list" >"$folder/list.txt" || exit

"$review" "$list" "$folder/compare"
code=$?
case $code in
0 | 2 | 4) ;; # a guard may block the removals of the first comparison, as it should
*) exit "$code" ;;
esac

"$review" "$list" "$folder/additions" --no-removals
code=$?
if [ "$code" -eq 2 ]; then
  echo "Review $folder/list.txt, $folder/compare/plan.html and $folder/additions/plan.html, then rehearse and apply:"
  echo "  rolesync rehearse $folder/additions/plan.json"
  echo "  rolesync apply $folder/additions/plan.json"
fi
exit "$code"
