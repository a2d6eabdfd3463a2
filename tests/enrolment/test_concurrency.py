"""Two at once, on real connections: exactly one wins, nothing is done twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from uuid import UUID

import httpx

from services.enrolment.codes import Scheme
from services.enrolment.models import Coverage
from services.kit import clock
from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.office import Office, money_in, rows


async def at_once(*requests: Awaitable[httpx.Response]) -> Counter[int]:
    answers = await asyncio.gather(*requests)
    return Counter(answer.status_code for answer in answers)


class TestTwoRegistrations:
    async def test_of_one_id_number_give_one_person(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        body = {"name": "样例", "id_number": build.id_number(), "area": build.AREA, "hukou": "rural"}
        path = "/enrolment/v1/people"
        statuses = await at_once(*(office.clerk.post(path, json=body, headers=build.key()) for _ in range(5)))
        assert statuses == {201: 1, 409: 4}
        assert await rows(enrolment_api.pool, "person") == await rows(enrolment_api.pool, "outbox") == 1

    async def test_of_one_unit_give_one_unit(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        body = {
            "name": "样例",
            "credit_code": build.credit_code(),
            "unit_kind": "enterprise",
            "injury_class": "class_1",
            "area": build.AREA,
            "schemes": ["pension"],
        }
        statuses = await at_once(
            *(office.clerk.post("/enrolment/v1/employers", json=body, headers=build.key()) for _ in range(4))
        )
        assert statuses == {201: 1, 409: 3}
        assert await rows(enrolment_api.pool, "employer_scheme") == 1


class TestTwoPayments:
    async def test_of_one_bill_credit_it_once(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        unit, _ = await office.staffed()
        bill = await office.bill(unit)
        path = f"/enrolment/v1/bills/{bill['bill_id']}/receipts"
        statuses = await at_once(
            *(office.cashier.post(path, json=money_in("540.00"), headers=build.key()) for _ in range(4))
        )
        assert statuses == {201: 1, 409: 3}
        received = await enrolment_api.pool.fetchval("SELECT received FROM bill")
        assert str(received) == "540.00"
        assert await rows(enrolment_api.pool, "receipt") == 1

    async def test_of_two_bills_with_one_receipt_credit_one(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        units = [(await office.staffed())[0] for _ in range(2)]
        bills = [await office.bill(unit) for unit in units]
        body = money_in("540.00")
        statuses = await at_once(
            *(
                office.cashier.post(
                    f"/enrolment/v1/bills/{bill['bill_id']}/receipts", json=body, headers=build.key()
                )
                for bill in bills
            )
        )
        assert statuses == {201: 1, 409: 1}
        assert str(await enrolment_api.pool.fetchval("SELECT sum(received) FROM bill")) == "540.00"


class TestTwoDeterminations:
    async def test_of_one_month_give_one_bill(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        unit, _ = await office.staffed()
        path = f"/enrolment/v1/employers/{unit['employer_id']}/determinations"
        body = {"period": f"{clock.today():%Y-%m}"}
        statuses = await at_once(*(office.clerk.post(path, json=body, headers=build.key()) for _ in range(4)))
        assert statuses == {201: 1, 409: 3}
        assert await rows(enrolment_api.pool, "bill") == 1


class TestTwoCoverages:
    async def test_written_past_the_operations_are_stopped_by_the_database(
        self, enrolment_api: ServiceApi
    ) -> None:
        office = Office(enrolment_api)
        person, _ = await office.person()

        async def write() -> bool:
            try:
                async with enrolment_api.sessions.begin() as session:
                    session.add(
                        Coverage(
                            person_id=UUID(person["person_id"]),
                            scheme=Scheme.PENSION,
                            valid_from=clock.today(),
                            reason="并发写入",
                            recorded_by="x",
                        )
                    )
            except Exception as error:
                assert "overlap" in str(error)
                return False
            return True

        assert sum(await asyncio.gather(*(write() for _ in range(4)))) == 1
        assert await rows(enrolment_api.pool, "coverage") == 1


class TestOneHouseholdTwice:
    async def test_enrolled_at_once_is_billed_once(self, enrolment_api: ServiceApi) -> None:
        office = Office(enrolment_api)
        household, people = await office.household(2)
        body = {
            "year": clock.today().year,
            "grade": "grade_2",
            "members": [person["person_id"] for person in people],
        }
        path = f"/enrolment/v1/households/{household['household_id']}/resident-enrolments"
        statuses = await at_once(*(office.clerk.post(path, json=body, headers=build.key()) for _ in range(3)))
        assert statuses == {201: 1, 409: 2}
        assert str(await enrolment_api.pool.fetchval("SELECT sum(amount) FROM bill")) == "320.00"
