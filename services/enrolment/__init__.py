"""Enrolment (参保): people, households, employers, contributions, coverage.

Owns: persons and their id numbers, households, assistance categories, employers and their staff, contribution
rates, determinations, bills, receipts, coverage periods.
Publishes: enrolment.person.registered, enrolment.coverage.changed, enrolment.assistance.changed,
enrolment.employment.changed, enrolment.bill.paid, enrolment.case.decided, enrolment.case.overdue.
Hears: nothing from other services; the clock marks bills overdue.
"""
