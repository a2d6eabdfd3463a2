-- The control of the settlement bench: the same case decided and written by one function in the database.
-- It reads what the service reads and writes the rows that it writes, in a copy of its database, so under the same
-- constraints and triggers. The law is shortened to the sample county's layers; texts (working, answer, event)
-- are those of a case that the service settled.

CREATE TABLE control_case (n bigint PRIMARY KEY, bill_id uuid NOT NULL);
INSERT INTO control_case SELECT row_number() OVER (ORDER BY id), id FROM bill WHERE state = 'uploaded';
CREATE SEQUENCE control_next;

CREATE TABLE control_text (working json, answer bytea, event bytea);

CREATE FUNCTION control_settle() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made_id CONSTANT uuid := uuidv7();
    wanted CONSTANT bigint := nextval('control_next');
    the_key CONSTANT text := 'control-' || wanted;
    c record; t record; y record;
    deductible numeric; pool numeric; aid numeric; paid numeric; rest numeric;
BEGIN
    PERFORM FROM idempotency_key WHERE caller = 'control' AND key = the_key;

    SELECT b.*, i.name AS institution_name, i.level, p.name AS person_name, v.version AS coverage_version,
        v.coverages, h.categories, l.*,
        (SELECT array_agg(g.area) FROM agreement g WHERE g.institution_code = b.institution_code
            AND g.valid_from <= b.discharged_on AND g.valid_until > b.discharged_on) AS agreement_areas
    INTO STRICT c
    FROM control_case q
    JOIN bill b ON b.id = q.bill_id
    JOIN institution i ON i.code = b.institution_code
    JOIN person_copy p ON p.person_id = b.person_id
    LEFT JOIN coverage_copy v ON v.person_id = b.person_id
    LEFT JOIN assistance_copy h ON h.person_id = b.person_id
    CROSS JOIN LATERAL (
        SELECT sum(own_paid) AS own_paid, sum(over_limit) AS over_limit, sum(prior_self_pay) AS prior_self_pay,
            sum(in_policy) AS in_policy
        FROM bill_line WHERE bill_id = b.id
    ) l
    WHERE q.n = wanted;
    SELECT coalesce(max(version), 0) AS version, coalesce(max(in_policy), 0) AS in_policy,
        coalesce(max(deductible_paid), 0) AS deductible_paid, coalesce(max(resident_pool), 0) AS resident_pool,
        coalesce(max(medical_aid), 0) AS medical_aid, coalesce(max(admissions), 0) AS admissions
    INTO y FROM accumulator
    WHERE person_id = c.person_id AND scheme = 'resident_medical' AND year = extract(year FROM c.discharged_on)::int;
    SELECT * INTO t FROM control_text;

    deductible := least(600, c.in_policy);
    pool := least(round((c.in_policy - deductible) * 0.75, 2), 220000 - y.resident_pool);
    rest := c.total - pool;
    aid := least(round(rest * 0.60, 2), 3000);
    paid := pool + aid;

    INSERT INTO idempotency_key (caller, key, fingerprint, status, answer, used_at)
    VALUES ('control', the_key, sha256(the_key::bytea), 201, t.answer, now());

    UPDATE bill SET state = 'settled', settlement_id = made_id
    WHERE id = c.id AND state = 'uploaded';

    INSERT INTO settlement (id, bill_id, bill_number, institution_code, institution_name, person_id, area, scheme,
        year, band, care_type, admitted_on, discharged_on, total, own_paid, over_limit, prior_self_pay, in_policy,
        deductible, fund_paid, person_paid, coverage_version, accumulator_version, working, settled_on, settled_at,
        settled_by)
    VALUES (made_id, c.id, c.bill_number, c.institution_code, c.institution_name, c.person_id, c.area,
        'resident_medical', extract(year FROM c.discharged_on), c.level, c.care_type, c.admitted_on, c.discharged_on,
        c.total, c.own_paid, c.over_limit, c.prior_self_pay, c.in_policy, deductible, paid, c.total - paid,
        c.coverage_version, y.version, t.working, current_date, now(), 'control');

    INSERT INTO accumulator AS a (person_id, scheme, year, version, in_policy, deductible_paid, employee_pool,
        resident_pool, catastrophic, medical_aid, admissions)
    VALUES (c.person_id, 'resident_medical', extract(year FROM c.discharged_on), y.version + 1,
        y.in_policy + c.in_policy, y.deductible_paid + deductible, 0, y.resident_pool + pool, 0, y.medical_aid + aid,
        y.admissions + 1)
    ON CONFLICT (person_id, scheme, year) DO UPDATE SET
        version = excluded.version, in_policy = excluded.in_policy, deductible_paid = excluded.deductible_paid,
        resident_pool = excluded.resident_pool, medical_aid = excluded.medical_aid, admissions = excluded.admissions
    WHERE a.version = excluded.version - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the year has moved';
    END IF;

    INSERT INTO settlement_layer (settlement_id, position, fund, base, deductible, ratio, limit_left, amount)
    VALUES (made_id, 1, 'resident_pool', c.in_policy, deductible, 0.75, 220000 - y.resident_pool, pool),
        (made_id, 2, 'medical_aid', rest, 0, 0.60, 3000, aid);

    INSERT INTO ledger_entry (transaction_id, position, kind, account, party, amount, area, booked_on)
    VALUES (made_id, 1, 'settlement', 'resident_pool', c.area, pool, c.area, current_date),
        (made_id, 2, 'settlement', 'medical_aid', c.area, aid, c.area, current_date),
        (made_id, 3, 'settlement', 'person', c.person_id::text, c.total - paid, c.area, current_date),
        (made_id, 4, 'settlement', 'institution', c.institution_code, -c.total, c.area, current_date);

    INSERT INTO outbox (id, subject, body, created_at)
    VALUES (uuidv7(), 'claims.settlement.made', t.event, now());
END $$;

ANALYZE;
