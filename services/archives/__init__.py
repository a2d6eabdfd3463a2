"""Archives (档案): where every paper is, and what it says.

Owns fonds, pieces, papers, the search index, uses (lending), transfers, retention and destruction, registers.
Publishes `archives.piece.filed`. Hears finished cases of the others and files each as exactly one piece:
`claims.settlement.made`, `claims.settlement.reversed`, `jobs.certification.granted`, `enrolment.bill.paid`.
"""
