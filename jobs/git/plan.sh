#!/bin/sh
# Plans a pull or merge request, and writes the plan as its comment. Writes nothing to Studio. See README.md.
#
#   plan.sh FOLDER [OPTION OF rolesync plan ...]
#
# FOLDER must be new. The job keeps FOLDER/plan: the sealed plan for apply.sh, and plan.html for the reviewer.
# Exit code: 0 the plan is a comment, 3 the list was refused, 4 the request was refused or a guard blocks the plan, …
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
begin "$@"
shift

request open || exit
fetch_record || exit 1
run "$work/plan.txt" plan "$list" --output "$plan_folder/plan.json" --detailed-exitcode "$@"
code=$?
case $code in
0) next="Nothing would change now. The merge applies this empty plan." ;;
2) next="Approve this request to approve exactly this plan. Its merge applies the plan." ;;
*) next="A merge does not apply this plan. Correct the list, or let an operator look at the guards." ;;
esac
if [ -f "$plan_folder/plan.json" ]; then
  rolesync show "$plan_folder/plan.json" --html "$plan_folder/plan.html" --markdown "$work/plan.md" --next "$next" || exit
else
  { printf '## No plan could be made: exit code %s\n\n' "$code" && as_code <"$work/plan.txt"; } >"$work/plan.md"
fi
request comment <"$work/plan.md" || exit
[ "$code" -eq 2 ] || exit "$code"
