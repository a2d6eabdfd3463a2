"""What the hot path reads (结算热路径): everything that decides a settlement, in one statement.

One row for each case asked for: the stored answer of its message id if there is one, and the bill with its
lines' sums, institution, areas of its agreements, person, coverage, assistance and year. The inner LIMIT keeps the planner at
one index look-up a table, however many cases are asked for.
"""

STATE = """
SELECT q.n, k.fingerprint, k.status, k.answer, s.*
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS q(bill_id, caller, key, n)
LEFT JOIN LATERAL (
    SELECT fingerprint, status, answer FROM idempotency_key i
    WHERE i.caller = q.caller AND i.key = q.key LIMIT 1
) k ON true
LEFT JOIN LATERAL (
    SELECT b.id::text AS id, b.bill_number, b.institution_code, b.person_id::text AS person_id, b.area AS bill_area,
        b.care_type, b.admitted_on, b.discharged_on, b.total, b.line_count, b.attachments_pages, b.state,
        b.settlement_id::text AS settlement_id,
        i.name AS institution_name, i.level, i.area AS institution_area,
        p.name AS person_name, p.id_number_masked,
        c.version AS coverage_version, c.area AS insured_area, c.coverages, h.categories, l.*,
        (SELECT array_agg(g.area) FROM agreement g WHERE g.institution_code = b.institution_code
            AND g.valid_from <= b.discharged_on AND g.valid_until > b.discharged_on) AS agreement_areas,
        (SELECT json_agg(json_build_array(a.scheme, a.version, a.in_policy::text, a.deductible_paid::text,
            a.admissions, a.employee_pool::text, a.resident_pool::text, a.catastrophic::text, a.medical_aid::text))
            FROM accumulator a WHERE a.person_id = b.person_id AND a.year = extract(year FROM b.discharged_on)::int
            ) AS years
    FROM bill b
    JOIN institution i ON i.code = b.institution_code
    JOIN person_copy p ON p.person_id = b.person_id
    LEFT JOIN coverage_copy c ON c.person_id = b.person_id
    LEFT JOIN assistance_copy h ON h.person_id = b.person_id
    CROSS JOIN LATERAL (
        SELECT sum(own_paid) AS own_paid, sum(over_limit) AS over_limit, sum(prior_self_pay) AS prior_self_pay,
            sum(in_policy) AS in_policy
        FROM bill_line WHERE bill_id = b.id
    ) l
    WHERE b.id = q.bill_id LIMIT 1
) s ON true
ORDER BY q.n
"""
