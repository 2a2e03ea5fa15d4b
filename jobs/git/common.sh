# Functions of plan.sh and apply.sh, which source this file: the steps of request.py, and the record on its branch.
#
# RECORD_URL names the list's repository; its branch rolesync-record has the audit record. If ROLESYNC_STATE_DIR is set,
# such as on a runner with a persistent disk, the record is in that folder and not on a branch.
# shellcheck shell=sh disable=SC2034,SC2154

branch=rolesync-record

# Begin a job in its folder, $1, which must be new.
begin() {
  if [ $# -lt 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 64
  fi
  umask 077 # lists, plans and records name people
  work=$1 plan_folder=$1/plan
  mkdir "$work" "$plan_folder" || exit 1
  list=$plan_folder/$(basename "$ROLES_LIST")
  on_branch=
  if [ -z "${ROLESYNC_STATE_DIR:-}" ]; then
    on_branch=yes
    ROLESYNC_STATE_DIR=$work/state
    export ROLESYNC_STATE_DIR
  fi
}

# Run the step $1 of request.py. The folder of these scripts may have any name, so the module is imported by that name.
request() {
  PYTHONPATH=$(dirname "$here") python3 -m "$(basename "$here").request" "$1" "$plan_folder"
}

# Run git with the token in its environment, not in an address or a file.
git_with_token() {
  login=$(printf 'x-access-token:%s' "$HOST_TOKEN" | base64 | tr -d '\n')
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: Basic $login" \
    GIT_TERMINAL_PROMPT=0 git "$@"
}

fetch_record() {
  [ -n "$on_branch" ] || return 0
  git_with_token ls-remote --exit-code "$RECORD_URL" "refs/heads/$branch" >/dev/null
  case $? in
  0) git_with_token clone --quiet --depth 1 --branch "$branch" "$RECORD_URL" "$ROLESYNC_STATE_DIR" ;;
  2) git init --quiet --initial-branch "$branch" "$ROLESYNC_STATE_DIR" ;; # there is no such branch yet
  *) return 1 ;;
  esac
}

# Commit and push the record with the message $1. Locks and tokens are left out.
push_record() {
  [ -n "$on_branch" ] || return 0
  git -C "$ROLESYNC_STATE_DIR" add -- '*/audit*.jsonl' '*/audit.head' '*/holders.json' 2>/dev/null
  git -C "$ROLESYNC_STATE_DIR" diff --cached --quiet && return 0
  git -C "$ROLESYNC_STATE_DIR" -c user.name=rolesync -c user.email=rolesync@localhost commit --quiet --message "$1" &&
    git_with_token -C "$ROLESYNC_STATE_DIR" push --quiet "$RECORD_URL" "HEAD:refs/heads/$branch"
}

# Run rolesync. The log of the job gets all output. The file $1 gets the part for a comment: the result, or the error.
run() {
  shown=$1
  shift
  rolesync "$@" >"$shown" 2>"$work/errors.txt"
  set -- $?
  cat "$shown" "$work/errors.txt"
  sed -n '/^rolesync: /,$p' "$work/errors.txt" >>"$shown"
  return "$1"
}

# Format any text from standard input as a block of code in Markdown.
as_code() {
  sed 's/^/    /'
}
