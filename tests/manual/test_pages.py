import pytest

from rolesync.manual.pages import page, topics, without_links
from tests.paths import ROOT

FOLDER = ROOT / "rolesync" / "manual"


def test_every_page_is_a_topic_and_every_topic_has_a_page() -> None:
    assert set(topics()) == {path.stem for path in FOLDER.glob("*.md")} - {"index"}
    for topic, summary in topics().items():
        assert page(topic).startswith("# ")
        assert len(f"{topic}{summary}") < 90, "the list of topics has one line each"


def test_an_unknown_topic_has_no_page() -> None:
    for name in ("index", "../errors", "no-such-topic", ""):
        with pytest.raises(KeyError):
            page(name)


def test_on_a_terminal_a_link_becomes_the_command_that_shows_its_page() -> None:
    text = "See [guards](guards.md) and [its limits](guards.md#limits), or [Studio](https://example.edu).\n"
    command = "(`rolesync help guards`)"
    assert without_links(text) == f"See guards {command} and its limits {command}, or [Studio](https://example.edu).\n"


def test_on_a_terminal_a_picture_becomes_its_description_and_comments_are_gone() -> None:
    text = "<!-- growth -->\na\n<!-- /growth -->\n![How it grows](growth.svg)\n"
    assert without_links(text) == "a\n(Picture: How it grows)\n"
