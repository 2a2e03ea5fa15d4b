"""The page of an access review."""

from rolesync.report.html.who import who_html
from tests.report.reviews import BROKEN, REVIEW


def test_the_page_of_an_access_review_loads_nothing_else() -> None:
    page = who_html(REVIEW)
    assert page.count("<table>") == page.count("</table>") == 3
    assert "Ann &lt;b&gt;" in page
    assert 'class="banner calm"' in page
    assert 'class="banner bad"' in who_html(BROKEN)
    assert not any(word in page for word in ("<script", "src=", "href=", "url(", "@import"))
