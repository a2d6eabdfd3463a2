"""The counter of one service."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.kit.procedures.declared import Procedure
from services.kit.procedures.events import CaseDecided, CaseOverdue
from services.kit.procedures.problems import ProcedureNotFound


@dataclass(frozen=True)
class Desk:
    """What a service offers (procedures) and the events by which it tells others of its cases."""

    procedures: Sequence[Procedure]
    decided: type[CaseDecided]
    overdue: type[CaseOverdue]

    def procedure(self, code: str) -> Procedure:
        """The declared procedure. Raises ProcedureNotFound."""
        found = next((procedure for procedure in self.procedures if procedure.code == code), None)
        if found is None:
            raise ProcedureNotFound(procedure=code)
        return found
