"""Use of the archive (档案利用): reading, borrowing, copying.

「未经批准，任何人不得复印、借阅」 (源002 §A-08): reading in the room is registered; borrowing and copying need the
approval of another person first. Each use ends with its effect (利用效果).
"""

from datetime import date, timedelta

NEEDS_APPROVAL = frozenset({"loan", "copy"})
LEAVES_STORE = frozenset({"loan"})


def needs_approval(*, form: str) -> bool:
    """Whether this form of use needs an approval (审批) before anything is handed out."""
    return form in NEEDS_APPROVAL


def first_state(*, form: str) -> str:
    """State in which a use begins: reading is registered at once, the rest is applied for."""
    return "applied" if needs_approval(form=form) else "approved"


def leaves_store(*, form: str) -> bool:
    """Whether the piece leaves the store, so that the movement register has an entry."""
    return form in LEAVES_STORE


def due_back_on(*, handed_out_on: date, days: int) -> date:
    """Last day on which the piece must be back (应还日期), in calendar days from handing out."""
    return handed_out_on + timedelta(days=days)


def is_overdue(*, due_on: date | None, returned: bool, today: date) -> bool:
    """Whether a lent piece is late (逾期未还)."""
    return due_on is not None and not returned and due_on < today
