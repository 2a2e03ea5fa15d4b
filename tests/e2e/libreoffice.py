"""LibreOffice as people use it: opens a file, may edit it, and saves it in another format.

It runs without a window, with its own profile. A macro in its Basic edits the file, since no other way to edit from
outside works without another package.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

SOFFICE = shutil.which("soffice")
MISSING = "LibreOffice is not installed: apt-get install --no-install-recommends libreoffice-calc-nogui"

# As the dialogue for text offers it: delimiter, quote, encoding (76: UTF-8, 1: Windows-1252, 65535: UTF-16), first row.
CSV = "Text - txt - csv (StarCalc)"
COMMA_UTF8, SEMICOLON_UTF8, SEMICOLON_CP1252, TAB_UTF16 = "44,34,76,1", "59,34,76,1", "59,34,1,1", "9,34,65535,1"
FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xls": "MS Excel 97", ".ods": "calc8", ".csv": CSV}

_SECONDS = 120  # after which it hangs, however slow the machine
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
{code}
</script:module>
"""
_OPEN = """
Function Opened(path, options)
  Dim how(2) As New com.sun.star.beans.PropertyValue
  how(0).Name = "Hidden" : how(0).Value = True
  If options <> "" Then
    how(1).Name = "FilterName" : how(1).Value = "{csv}"
    how(2).Name = "FilterOptions" : how(2).Value = options
  End If
  Opened = StarDesktop.loadComponentFromURL(ConvertToUrl(path), "_blank", 0, how())
End Function

Sub Save(book, path, filter, options)
  Dim how(1) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = filter
  how(1).Name = "FilterOptions" : how(1).Value = options
  book.storeToURL(ConvertToUrl(path), how())
End Sub
"""


class LibreOffice:
    """One installation with a profile of its own, made at the first start."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._run("--terminate_after_init")

    def save_as(
        self,
        source: Path,
        targets: Mapping[Path, str],
        *,
        options: str = COMMA_UTF8,
        removed: Sequence[int] = (),
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """Open a file, edit its first sheet, and save it.

        Args:
            source: the file; `options` tell how text is opened.
            targets: what to save it as, with the options for text.
            removed: rows to delete, as the sheet numbers them.
            typed: what to type into cells, by address such as A11, once the rows are gone.
        """
        text = options if source.suffix == ".csv" else ""
        edits = [f"sheet.Rows.removeByIndex({row - 1}, 1)" for row in sorted(removed, reverse=True)]
        edits += [f'sheet.getCellRangeByName("{at}").setFormula("{word}")' for at, word in (typed or {}).items()]
        saves = [f'Save(book, "{path}", "{FILTERS[path.suffix]}", "{how}")' for path, how in targets.items()]
        lines = [
            f'book = Opened("{source}", "{text}")',
            "sheet = book.Sheets.getByIndex(0)",
            *edits,
            "book.calculateAll()",
            *saves,
            "book.close(True)",
        ]
        code = _OPEN.format(csv=CSV) + "\nSub Main\n" + "\n".join(lines) + "\nEnd Sub\n"
        module = self._profile / "user" / "basic" / "Standard" / "Module1.xba"
        module.write_text(_MODULE.format(code=escape(code, {'"': "&quot;"})), encoding="utf-8")
        self._run("macro:///Standard.Module1.Main")
        missing = [path.name for path in targets if not path.exists()]
        assert not missing, f"LibreOffice has not saved {missing}"

    def _run(self, *arguments: str) -> None:
        command = [SOFFICE or "soffice", f"-env:UserInstallation={self._profile.as_uri()}", "--headless", "--norestore"]
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=_SECONDS)
