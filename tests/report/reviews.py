"""Access reviews that the tests of the forms share."""

from dataclasses import replace

from rolesync.errors import RecordBrokenError
from rolesync.model.who import (
    AccessReview,
    Evidence,
    Holder,
    HolderStatus,
    Origin,
    Reading,
    RoleReadings,
    RunFacts,
)

_T1, _T2, _T3 = (f"2026-05-0{day}T02:00:07.123456+00:00" for day in (1, 2, 3))
_SYNC = RunFacts("sync", "team.csv", "", "Rita Levi", "nightly")
_UNDO = RunFacts("apply", "undo of run r0", "r0", "", "nightly")

HOLDERS = (
    Holder(
        HolderStatus.HOLDS,
        "Admin",
        1,
        "ann@x.edu",
        "Ann <b>",
        Evidence(_T1, True, Origin.RUN, "r1", 12, changed_after=_T1),
        _SYNC,
        _T3,
    ),
    Holder(
        HolderStatus.HOLDS,
        "Admin",
        2,
        "bo@x.edu",
        "=Bo",
        Evidence(_T1, True, Origin.RUN, "r2", 0, changed_after=_T1),
        _UNDO,
        _T3,
    ),
    Holder(
        HolderStatus.HOLDS,
        "Admin",
        3,
        "cy@x.edu",
        "Cy\x1b",
        Evidence(_T2, True, Origin.OTHER_HANDS, "r2", changed_after=_T1),
        _SYNC,
        _T3,
    ),
    Holder(HolderStatus.HOLDS, "Admin", 4, "", "", Evidence(_T1, True, Origin.BEFORE_RECORD, "r1"), _SYNC, _T3),
    Holder(HolderStatus.HOLDS, "Admin", 5, "", "", Evidence("", True, Origin.UNKNOWN), RunFacts(), _T3),
    Holder(
        HolderStatus.HOLDS, "Admin", 8, "", "", Evidence(_T2, True, Origin.RUN, "r1", 9, changed_after=_T1), _SYNC, _T3
    ),
    Holder(HolderStatus.UNCLEAR, "Admin", 6, "", "", Evidence(_T1, True, Origin.RUN, "r1", 3), _SYNC),
    Holder(
        HolderStatus.LOST,
        "Admin",
        7,
        "",
        "",
        Evidence(_T3, False, Origin.OTHER_HANDS, changed_after=_T2),
        RunFacts(),
        _T2,
    ),
)

READINGS = RoleReadings(Reading(_T1, "r1"), Reading(_T2, "r2"), Reading(_T3, "r3"), 9)
REVIEW = AccessReview("https://x.edu", ("Admin",), "", _T3, HOLDERS, {"Admin": READINGS}, ends=_T3)
AS_OF = replace(REVIEW, as_of="2026-05-02", holders=HOLDERS[:7])
BROKEN = replace(AS_OF, has_snapshot=False, broken=RecordBrokenError("line 7: changed", hint=""))
EMPTY = replace(AS_OF, holders=(), readings={"Admin": RoleReadings()})
EARLY = replace(AS_OF, holders=(), readings={"Admin": RoleReadings(READINGS.first, None, READINGS.last)})
