"""Procedures (办理事项): declared steps, roles, documents and deadlines, run the same way in every service.

A service declares its `Procedure`s, puts them on a `Desk`, and mounts `router_of(desk, ...)`; `overdue_timer` tells
of broken promises. Only the effect of an approval is code of the service. A small declared state machine, not a
workflow engine: what does not fit is written as plain operations.
"""

from services.kit.procedures.checks import Decision, Papers
from services.kit.procedures.deadlines import due_on, overdue_timer, step_due, tell_overdue
from services.kit.procedures.declared import (
    Application,
    CaseKind,
    Document,
    Duty,
    Procedure,
    Step,
    StepKind,
    Subject,
)
from services.kit.procedures.desk import Desk
from services.kit.procedures.events import CaseDecided, CaseOverdue
from services.kit.procedures.routes import router_of
from services.kit.procedures.running import (
    correct_case,
    decide_step,
    object_to_notice,
    open_case,
    withdraw_case,
)
from services.kit.procedures.tables import CaseState, Move, ProcedureActor, ProcedureCase, ProcedureStep

# The history and who acted in which step are never changed: a service's migration makes them append-only.
APPEND_ONLY = ("procedure_actor", "procedure_step")

__all__ = [
    "APPEND_ONLY",
    "Application",
    "CaseDecided",
    "CaseKind",
    "CaseOverdue",
    "CaseState",
    "Decision",
    "Desk",
    "Document",
    "Duty",
    "Move",
    "Papers",
    "Procedure",
    "ProcedureActor",
    "ProcedureCase",
    "ProcedureStep",
    "Step",
    "StepKind",
    "Subject",
    "correct_case",
    "decide_step",
    "due_on",
    "object_to_notice",
    "open_case",
    "overdue_timer",
    "router_of",
    "step_due",
    "tell_overdue",
    "withdraw_case",
]
