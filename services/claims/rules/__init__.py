"""The law of medical settlement (医保结算规则), pure: standard library only, no clock, no database.

lines        what of each bill line is within the policy (费用明细拆分)
entitlement  who is covered on which days, and what speaks against it (待遇资格)
policy       a benefit policy as data: stacked layers of funds (待遇政策)
settlement   who pays which part, with the working (费用结算)
ledger       the double entry of a settlement (基金分录)
"""
