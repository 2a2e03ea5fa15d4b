#!/bin/sh
# The nightly sync for cron and other schedulers without a journal. All output goes to one log file a day; a failure also
# goes to standard error, which cron mails. The exit code is that of rolesync (see ../README.md).
#
#   nightly.sh LIST [OPTION OF rolesync sync …]
#
# Needs rolesync on the PATH. Settings: ROLESYNC_CONFIG names the settings file, ROLESYNC_SECRETS_DIR the token's folder.
# NIGHTLY_LOG_DIR is the folder of the logs (default /var/log/rolesync). NIGHTLY_LOG_DAYS is how many days logs are kept
# (default 90); the permanent record is the audit record, not these logs.
set -u
umask 077 # logs name people

logs=${NIGHTLY_LOG_DIR:-/var/log/rolesync}
log=$logs/sync-$(date -u +%Y-%m-%d).log
mkdir -p "$logs" && touch "$log" || exit 1
find "$logs" -name 'sync-*.log' -mtime "+${NIGHTLY_LOG_DAYS:-90}" -exec rm -f {} +

echo "== $(date -u +%Y-%m-%dT%H:%M:%SZ) rolesync sync $*" >>"$log"
rolesync sync "$@" >>"$log" 2>&1
code=$?
echo "== exit code $code" >>"$log"
if [ "$code" -ne 0 ]; then
  echo "The nightly sync ended with exit code $code. The end of $log:" >&2
  tail -n 60 "$log" >&2
fi
exit "$code"
