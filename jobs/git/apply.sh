#!/bin/sh
# Applies the plan of a merged request as it was approved, and writes the result as a second comment. See README.md.
#
#   apply.sh FOLDER
#
# FOLDER must be new. Exit code: that of rolesync apply; 4 also if nobody approved the plan. If something is left, such
# as after the merge changed the list, or Studio changed since, a new plan is a part of the comment.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
begin "$@"

fetch_record || exit 1
request merged >"$work/reviewer" 2>"$work/apply.txt"
code=$?
cat "$work/apply.txt"
if [ "$code" -eq 0 ]; then
  reviewer=$(cat "$work/reviewer") effect=$(cat "$kept/effect")
  run "$work/apply.txt" review "$kept/plan.json" --reviewer "$reviewer" --sees "$effect"
  code=$? # 4 also for an approved plan that a guard blocks, which apply refuses
fi
if [ -f "$kept/plan.approved.json" ]; then
  run "$work/apply.txt" apply "$kept/plan.approved.json" --yes
  code=$?
  if ! push_record "$reviewer"; then
    echo "The record could not be saved on the branch $branch. Its files are kept with this job." | tee -a "$work/apply.txt"
    code=1
  fi
fi
[ -f "$kept/request.json" ] || exit "$code" # no request made this commit, so there is none to comment on

outcome=done
[ "$code" -eq 0 ] || outcome="exit code $code"
{ printf '## rolesync apply: %s\n\n' "$outcome" && as_code <"$work/apply.txt" && echo; } >"$work/result.md"
if [ "$code" -eq 4 ] || [ "$code" -eq 5 ]; then
  run "$work/rest.txt" plan "$list" --output "$work/rest.json"
  next="To apply what is left, open another request; a change of any file will do."
  rolesync show "$work/rest.json" --markdown - --next "$next" >>"$work/result.md"
fi
request result <"$work/result.md" || exit
exit "$code"
