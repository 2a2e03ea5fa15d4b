"""Reports a column of user ids that are probably another program's."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from rolesync.model.findings import Code, Finding, name_some, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.assignments import Ints
from rolesync.reader.duplicates import Deduplicated
from rolesync.reader.header import Layout
from rolesync.reader.header_findings import option


def foreign_ids(layout: Layout, user_id: int, rows: Deduplicated, header_row: int | None) -> Finding:
    """Report user ids that are probably another program's; a warning if rows name their users by these ids alone."""
    column = layout.header[user_id]
    alone = np.unique(np.concatenate([rows.in_force.row[rows.in_force.user_id != 0], _rows_by_id(rows.not_in_force)]))
    signs = [layout.header[place] for place in layout.foreign]
    keeps = option("set", f"user_id_column={column}")
    if len(alone):
        return ids_alone(column, signs, alone.tolist(), keeps, header_row)
    text = f"{_describe(signs)}, so the addresses alone count"
    advice = f"to say so: --no-user-id; or if the ids are Studio's: {keeps}"
    return Finding(Level.INFO, Code.USER_ID_FOREIGN.value, f"{text}; {advice}", header_row, column)


def ids_alone(
    column: str, signs: Iterable[str], rows: Sequence[int], keeps: str, header_row: int | None = None
) -> Finding:
    """Warn of rows that name their users by ids alone that are probably another program's.

    Args:
        column: the header of the ids.
        signs: headers that only other programs have.
        rows: the numbers of these rows.
        keeps: the option that declares the ids to be Studio's.
        header_row: the header's row number; None if there is none.
    """
    row_numbers = name_some(map(str, rows))
    text = f"{_describe(signs)}, but rows have nothing else, and may name other users of Studio: {row_numbers}"
    advice = f"fill in the addresses of these rows; or if the ids are Studio's: {keeps}"
    return Finding(Level.WARNING, Code.USER_ID_FOREIGN.value, f"{text}; {advice}", header_row, column)


def _describe(signs: Iterable[str]) -> str:
    return f"beside the columns {name_some(map(quoted, signs))}, the ids are probably another program's"


def _rows_by_id(rows: pd.DataFrame) -> Ints:
    return rows["row"][rows["user_id"] != 0].to_numpy(np.int64)
