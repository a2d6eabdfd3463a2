"""Every SELECT of the service.

registers     institutions, agreements, catalogue items
persons       the copies of enrolment's data
bills         bills and their lines
settlements   settlements, reversals, reconciliation
state         what the hot path reads in one statement
ledger        the trial balance
"""
