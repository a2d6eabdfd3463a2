"""Verbs that write.

registers    institutions, agreements, catalogue items
copies       what enrolment says about persons
bills        upload and withdrawal of bills
settlement   one case: read state -> decision
desk         the hot path: groups of cases, two round trips each
reversal     taking a settlement back
"""
