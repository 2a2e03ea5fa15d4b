"""Which topics the manual has, and the page of each.

`index.md` names the topics in reading order, one line each; a topic's page is the file of the same name.
"""

import re
from importlib.resources import files

_TOPIC = re.compile(r"^- \[(?P<topic>[a-z-]+)\]\((?P=topic)\.md\): (?P<summary>.+)$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK_TO_PAGE = re.compile(r"\[([^\]]+)\]\(([a-z-]+)\.md(?:#[^)]*)?\)")


def topics() -> dict[str, str]:
    """Read the topics in reading order, each with its summary in one line."""
    return {entry["topic"]: entry["summary"] for entry in _TOPIC.finditer(_read("index"))}


def page(topic: str) -> str:
    """Read the page of a topic, as Markdown.

    Raises:
        KeyError: there is no such topic.
    """
    if topic not in topics():
        raise KeyError(topic)
    return _read(topic)


def without_links(text: str) -> str:
    """Rewrite a page for a terminal: a link to a page becomes the command that shows it, a picture its description."""
    described = _PICTURE.sub(r"(Picture: \1)", _COMMENT.sub("", text))
    return _LINK_TO_PAGE.sub(r"\1 (`rolesync help \2`)", described)


def _read(name: str) -> str:
    return (files(__package__) / f"{name}.md").read_text("utf-8")
