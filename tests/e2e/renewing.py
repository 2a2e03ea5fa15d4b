"""A process that gets ready, waits for a word, and then asks for the token as every command does first.

A second word lets it renew that token. It prints each header that it has.
"""

import sys
from collections import Counter
from datetime import UTC, datetime

from rolesync.cli.progress import configure_log
from rolesync.settings import load
from rolesync.workflows.connect import token_of

if __name__ == "__main__":
    settings = load()
    configure_log(settings.log_level, settings.log_format)
    tokens = token_of(settings, lambda: datetime.now(UTC), Counter())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    input()
    header = tokens.header()
    sys.stdout.write(f"{header}\n")
    if input():
        sys.stdout.write(f"{tokens.renew(header)} {tokens.header()}\n")
