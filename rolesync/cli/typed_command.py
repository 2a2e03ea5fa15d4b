"""The command that was typed, as words for advice: without secrets, and with other options."""

import sys
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from rolesync.sources.address import shown_address

if TYPE_CHECKING:
    from rolesync.settings import Settings

_SETTINGS = {"--config", "-c", "--set", "-s"}


def typed_words(settings: "Settings") -> list[str]:
    """Return the words of the command line without secrets, because advice is shown and saved.

    These are a `--set` of a secret, and the options of an address.
    """
    return ["rolesync", *map(shown_address, _without_secrets(sys.argv[1:], settings))]


def typed_settings(settings: "Settings") -> list[str]:
    """Return the words of the command line that name settings: `--config` and `--set`, without secrets."""
    options: list[str] = []
    words = iter(typed_words(settings))
    for word in words:
        if word == "--":
            break
        if word in _SETTINGS:
            options += [word, next(words, "")]
        elif word.startswith(("--config=", "--set=", "-c", "-s")):
            options.append(word)
    return options


def plan_words(settings: "Settings", file: str) -> list[str]:
    """Return the words that plan as the typed command does, and save the plan to a file."""
    words = _without({"--dry-run", "--detailed-exitcode", "--all"}, typed_words(settings))
    words[1:2] = ["plan"] if words[1:2] == ["sync"] else words[1:2]
    end = words.index("--") if "--" in words else len(words)
    return [*words[:end], "-o", file, *words[end:]]


def _without(options: Collection[str], words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in options]


def _without_secrets(words: Sequence[str], settings: "Settings") -> Iterator[str]:
    remaining_words = iter(words)
    for word in remaining_words:
        if word == "--":
            yield from (word, *remaining_words)
            return
        name, equals, value = word.partition("=")
        if word in {"--set", "-s"}:
            assignment, typed = next(remaining_words, ""), [word]
        elif name == "--set" and equals:
            assignment, typed = value, []
        elif word.startswith("-s"):
            assignment, typed = word[2:], []
        else:
            yield word
            continue
        if not _is_secret(assignment.partition("=")[0].strip(), settings):
            yield from (*typed, assignment if typed else word)


def _is_secret(name: str, settings: "Settings") -> bool:
    """Whether a setting is or may contain a secret: the address of a proxy may contain a password."""
    from pydantic import SecretStr

    return name == "proxy" or isinstance(getattr(settings, name, ""), SecretStr)
