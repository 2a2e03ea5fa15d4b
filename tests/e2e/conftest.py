"""LibreOffice for the tests of round trips through it."""

import pytest

from tests.e2e.libreoffice import LibreOffice


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> LibreOffice:
    """LibreOffice with a profile of its own."""
    return LibreOffice(tmp_path_factory.mktemp("profile"))
