# What plan.sh and apply.sh share: the steps of request.py, and the record on its branch. A library for `.`, not a command.
#
# The record of the runs is on the branch rolesync-record of the list's repository, which RECORD_URL names. If
# ROLESYNC_STATE_DIR is set, such as on a runner with a disk that stays, the record is there and not on a branch.
# shellcheck shell=sh disable=SC2034,SC2154

branch=rolesync-record

# Begin a job in its folder, $1, which must be new.
begin() {
  if [ $# -lt 1 ]; then
    echo "usage: $0 FOLDER" >&2
    exit 64
  fi
  umask 077 # lists, plans and records name people
  work=$1 kept=$1/plan
  mkdir "$work" "$kept" || exit 1
  list=$kept/$(basename "$ROLES_LIST")
  on_branch=
  if [ -z "${ROLESYNC_STATE_DIR:-}" ]; then
    on_branch=yes
    ROLESYNC_STATE_DIR=$work/state
    export ROLESYNC_STATE_DIR
  fi
}

# One step of request.py. Its folder may have any name, so it is imported by that name.
request() {
  PYTHONPATH=$(dirname "$here") python3 -m "$(basename "$here").request" "$1" "$kept"
}

# Git with the token in its environment, not in an address or a file.
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

# Save the record; $1 is the message. A lock or a token is no part of it.
push_record() {
  [ -n "$on_branch" ] || return 0
  git -C "$ROLESYNC_STATE_DIR" add -- '*/audit*.jsonl' '*/audit.head' '*/holders.json' 2>/dev/null
  git -C "$ROLESYNC_STATE_DIR" diff --cached --quiet && return 0
  git -C "$ROLESYNC_STATE_DIR" -c user.name=rolesync -c user.email=rolesync@localhost commit --quiet --message "$1" &&
    git_with_token -C "$ROLESYNC_STATE_DIR" push --quiet "$RECORD_URL" "HEAD:refs/heads/$branch"
}

# Run rolesync. The log of the job gets all output; the file $1 gets what a comment shows: the result, or the error.
run() {
  shown=$1
  shift
  rolesync "$@" >"$shown" 2>"$work/errors.txt"
  set -- $?
  cat "$shown" "$work/errors.txt"
  sed -n '/^rolesync: /,$p' "$work/errors.txt" >>"$shown"
  return "$1"
}

# The output of a command as a block of code in Markdown, whatever it contains.
as_code() {
  sed 's/^/    /'
}
