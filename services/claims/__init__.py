"""Claims (医保结算): who pays which part of a medical bill, to the fen.

Owns: designated institutions and their agreements, the three catalogues, bills, settlements, the funds' ledger.
Publishes: claims.settlement.made, claims.settlement.reversed.
Hears: enrolment.person.registered, enrolment.coverage.changed, enrolment.assistance.changed.
"""
