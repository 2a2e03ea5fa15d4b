import zipfile
from io import BytesIO
from xml.etree.ElementTree import ParseError

import pytest

from rolesync.tables.xml_elements import SHARED_TEXTS, elements, local_name, read_part

XML = b'<a:t xmlns:a="urn:x"><a:row r="1"/><a:sheet/><row r="2"/></a:t>'


def test_elements_are_found_by_name_in_any_namespace() -> None:
    assert [(local_name(element), element.get("r")) for element in elements(XML, "row")] == [("row", "1"), ("row", "2")]
    assert [local_name(element) for element in elements(BytesIO(XML), "row", "sheet")] == ["row", "sheet", "row"]


def test_damaged_xml_is_refused() -> None:
    with pytest.raises(ParseError):
        list(elements(XML[:-4], "row"))


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "XL/sharedstrings.xml"])
def test_a_part_is_found_whatever_its_case(name: str) -> None:
    with zipfile.ZipFile(BytesIO(), "w") as archive:
        archive.writestr(name, "texts")
        assert read_part(archive, SHARED_TEXTS) == b"texts"
        assert read_part(archive, "xl/styles.xml") == b""
