"""Reports a column of user ids that are probably another program's."""

import numpy as np
import pandas as pd

from rolesync.model.findings import Code, Finding, name_some, quoted
from rolesync.model.vocabulary import Level
from rolesync.reader.columns import Ints
from rolesync.reader.duplicates import Deduplicated
from rolesync.reader.header import Layout
from rolesync.reader.header_findings import option


def foreign_ids(layout: Layout, user_id: int, rows: Deduplicated, header_row: int | None) -> Finding:
    """Report user ids that are probably another program's; a warning if rows name their users by these ids alone."""
    column = layout.header[user_id]
    alone = np.unique(np.concatenate([rows.in_force.row[rows.in_force.user_id != 0], _rows_by_id(rows.not_in_force)]))
    signs = name_some(quoted(layout.header[place]) for place in layout.foreign)
    text = f"beside the columns {signs}, the ids are probably another program's"
    keeps = option("set", f"user_id_column={column}")
    if len(alone):
        shown = name_some(map(str, alone.tolist()))
        text += f", but rows have nothing else, and may name other users of Studio: {shown}"
        advice = f"fill in the addresses of these rows; or if the ids are Studio's: {keeps}"
    else:
        text += ", so the addresses alone count"
        advice = f"to say so: --no-user-id; or if the ids are Studio's: {keeps}"
    level = Level.WARNING if len(alone) else Level.INFO
    return Finding(level, Code.USER_ID_FOREIGN.value, f"{text}; {advice}", header_row, column)


def _rows_by_id(rows: pd.DataFrame) -> Ints:
    return rows["row"][rows["user_id"] != 0].to_numpy(np.int64)
