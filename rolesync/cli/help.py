"""`rolesync help [TOPIC]`: the manual."""

import sys
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated

import typer

from rolesync.cli.complete_values import complete_topic
from rolesync.cli.options import Form, Format, NoPager
from rolesync.cli.output import show_json, show_view, write_stdout
from rolesync.cli.pager import pager_command
from rolesync.errors import Exit, UsageError

_WIDTH = 100  # columns at most; longer lines are hard to read
_SIMILARITY = 0.5  # from 0 to 1; lower than the usual 0.6, since there are few topics


def help(  # noqa: A001  # named as its command, like every command
    topic: Annotated[
        str,
        typer.Argument(
            metavar="TOPIC",
            help="The page to show; without it, all topics are listed.",
            autocompletion=complete_topic,
        ),
    ] = "",
    no_pager: NoPager = False,
    form: Format = Form.TEXT,
) -> Exit:
    """Show a page of the manual, or the list of its topics."""
    from rolesync.cli.commands import COMMANDS
    from rolesync.manual.pages import page, topics

    summaries = topics()
    name = "-".join(topic.casefold().replace("_", " ").split())
    if not topic:
        if form is Form.JSON:
            show_json({"topics": [{"topic": each, "summary": summary} for each, summary in summaries.items()]})
        else:
            write_stdout(_topic_list(summaries))
    elif name not in summaries:
        raise UsageError(f"the manual has no topic {topic!r}", hint=_hint(name, summaries, COMMANDS))
    elif form is Form.JSON:
        show_json({"topic": name, "text": page(name)})
    else:
        _show_page(page(name), no_pager=no_pager)
    return Exit.DONE


def _topic_list(summaries: Mapping[str, str]) -> str:
    width = max(map(len, summaries))
    lines = (f"  {topic:{width}}  {summary}" for topic, summary in summaries.items())
    return "\n".join(["Topics of the manual; `rolesync help TOPIC` shows its page:", "", *lines, ""])


def _show_page(text: str, *, no_pager: bool) -> None:
    """Show a page: formatted on a terminal, else as plain text."""
    from rolesync.manual.pages import without_links

    text = without_links(text)
    if not sys.stdout.isatty():
        write_stdout(text)
        return
    from rich.constrain import Constrain
    from rich.markdown import Markdown

    show_view(Constrain(Markdown(text, code_theme="ansi_dark"), _WIDTH), pager=pager_command(use_pager=not no_pager))


def _hint(name: str, summaries: Mapping[str, str], commands: Collection[str]) -> str:
    """Suggest topics with a similar name, and the help of the command of that name."""
    if name in commands:
        return f"`rolesync help` lists the topics; for the command: rolesync {name} --help"
    similar = get_close_matches(name, summaries, cutoff=_SIMILARITY)
    return f"did you mean {' or '.join(similar)}?" if similar else f"topics are {', '.join(summaries)}"
