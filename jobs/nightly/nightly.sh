#!/bin/sh
# The nightly sync for cron: nightly.sh LIST [OPTION OF rolesync sync …]. See nightly.py.
NIGHTLY_LOG_DIR=${NIGHTLY_LOG_DIR:-/var/log/rolesync}
export NIGHTLY_LOG_DIR
exec python3 "$(dirname "$0")/nightly.py" "$@"
