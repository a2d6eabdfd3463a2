"""The clock (时钟): read it in api, consumers and timers only, and pass the value down."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import AwareDatetime, Field

# Fixed, so that an image without a time-zone database works: China has had no summer time since 1991.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

# A moment that a caller can mean; at the ends of the calendar the way to UTC overflows.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present business date (业务日期) in Asia/Shanghai."""
    return business_date(now())


def business_date(moment: datetime) -> date:
    """The date in Asia/Shanghai on which an aware moment falls; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone (时间必须带时区)")
    return moment.astimezone(SHANGHAI).date()
