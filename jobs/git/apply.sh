#!/bin/sh
# Applies the plan of a merged request as it was approved, and writes the result as a second comment. See README.md.
#
#   apply.sh FOLDER
#
# FOLDER must be new. Exit code: that of rolesync apply; 4 also if nobody approved the plan. If changes are left because
# the list or Studio changed meanwhile, the comment also shows a new plan.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
begin "$@"

fetch_record || exit 1
request merged >"$work/reviewer" 2>"$work/apply.txt"
code=$?
cat "$work/apply.txt"
if [ "$code" -eq 0 ]; then
  reviewer=$(cat "$work/reviewer") effect=$(cat "$plan_folder/effect")
  run "$work/apply.txt" review "$plan_folder/plan.json" --reviewer "$reviewer" --sees "$effect"
  code=$? # 4 also for an approved plan that a guard blocks, which apply refuses
fi
if [ -f "$plan_folder/plan.approved.json" ]; then
  run "$work/apply.txt" apply "$plan_folder/plan.approved.json" --yes
  code=$?
  if ! push_record "$reviewer"; then
    echo "The record could not be saved on the branch $branch. Its files are an artifact of this job: push them to that branch before the next merge." | tee -a "$work/apply.txt"
    code=1
  fi
fi
[ -f "$plan_folder/request.json" ] || exit "$code" # this commit is not the merge of a request, so there is nothing to comment on

outcome=done
[ "$code" -eq 0 ] || outcome="exit code $code"
{ printf '## rolesync apply: %s\n\n' "$outcome" && as_code <"$work/apply.txt" && echo; } >"$work/result.md"
if [ "$code" -eq 4 ] || [ "$code" -eq 5 ]; then
  run "$work/rest.txt" plan "$list" --output "$work/rest.json"
  next="To apply the remaining changes, open another request that changes any file."
  rolesync show "$work/rest.json" --markdown - --next "$next" >>"$work/result.md"
fi
request result <"$work/result.md" || exit
exit "$code"
