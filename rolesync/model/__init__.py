"""What flows between the rooms: frames for the many, frozen dataclasses for the few."""

from rolesync.model.frames import CHANGES, DESIRED, DRIFT, HELD, IMPACT, LIVE, OUTCOMES, Columns, frame, require
from rolesync.model.index import Index
from rolesync.model.lists import AS_WRITTEN, Desired, Finding, Listed, ListForm, Source
from rolesync.model.live import Live, Progress, Requests, Way
from rolesync.model.packed import Packed, pack
from rolesync.model.plans import Approval, Changes, Drift, Plan, Policy, Released, RoleCount, Verdict, recounted
from rolesync.model.runs import Check, Proof, Run, counts
from rolesync.model.texts import email_key, role_names, role_set
from rolesync.model.words import (
    REASONS,
    WAITING,
    Action,
    HeldReason,
    Known,
    Level,
    Mode,
    OutcomeStatus,
    Reason,
    VerdictStatus,
    WayKind,
)

__all__ = [
    "AS_WRITTEN",
    "CHANGES",
    "DESIRED",
    "DRIFT",
    "HELD",
    "IMPACT",
    "LIVE",
    "OUTCOMES",
    "REASONS",
    "WAITING",
    "Action",
    "Approval",
    "Changes",
    "Check",
    "Columns",
    "Desired",
    "Drift",
    "Finding",
    "HeldReason",
    "Index",
    "Known",
    "Level",
    "ListForm",
    "Listed",
    "Live",
    "Mode",
    "OutcomeStatus",
    "Packed",
    "Plan",
    "Policy",
    "Progress",
    "Proof",
    "Reason",
    "Released",
    "Requests",
    "RoleCount",
    "Run",
    "Source",
    "Verdict",
    "VerdictStatus",
    "Way",
    "WayKind",
    "counts",
    "email_key",
    "frame",
    "pack",
    "recounted",
    "require",
    "role_names",
    "role_set",
]
