import xlwt

from rolesync.tables.xls import UNSAVED
from tests.tables.books import xls
from tests.tables.opening import rows


def test_an_xls_row_of_nothing_but_formulas_is_not_blank() -> None:
    """Where none has a value, the file doesn't show whether it was ever calculated."""
    data = xls({"A": [["email", "role"], [xlwt.Formula('B9&"@x.edu"'), xlwt.Formula("B9")], ["a@x.edu", "Admin"]]})
    (_, header), (number, cells), (_, last) = rows(data)
    assert (header, last, number) == (["email", "role"], ["a@x.edu", "Admin"], 2)
    assert cells == [UNSAVED, ""]
