"""The secrets that no line of the log may contain: those of the settings, and those that are obtained during a run.

Code that reads or obtains a secret adds it here first. `workflows/log.py` replaces these secrets in each line.
"""

from collections.abc import Iterable

HIDDEN = "***"

_secrets = set[str]()


def hide(*secrets: str) -> None:
    """Replace these texts in the log from now on; empty ones don't count. Any thread may call this."""
    _secrets.update(secret for secret in secrets if secret)


def hide_only(secrets: Iterable[str]) -> None:
    """Forget all secrets but these."""
    _secrets.clear()
    hide(*secrets)


def without_secrets(text: str) -> str:
    """Replace all secrets in a text; the longest first, because one may contain another."""
    for secret in sorted((secret for secret in tuple(_secrets) if secret in text), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
