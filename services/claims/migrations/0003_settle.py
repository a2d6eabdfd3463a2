"""Create settle(): writes the decided settlements of a group in one call.

The law is decided in Python. This function only writes, and refuses when something moved since it was read:
MN001 the message id is used, MN002 the bill is not waiting, MN003 the person's year has moved. A refusal undoes
the whole group; the caller reads again, decides again and writes the cases one by one.

Locks are taken in one order (message id, bill, year; within each by key), so two groups do not block each other.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Without the settings a plan made while a table was small would read the whole of it when it is large.
SETTLE = """
CREATE FUNCTION settle(cases jsonb, layers json, entries json, workings text[], answers bytea[], events bytea[])
RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    asked CONSTANT integer := jsonb_array_length(cases);
    done integer;
BEGIN
    INSERT INTO idempotency_key (caller, key, fingerprint, status, answer, used_at)
    SELECT c.caller, c.key, decode(c.fingerprint, 'hex'), 201, answers[c.n], c.settled_at
    FROM jsonb_to_recordset(cases) AS c(n integer, caller text, key text, fingerprint text, settled_at timestamptz)
    ORDER BY c.caller, c.key
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> asked THEN
        RAISE EXCEPTION 'the message id is used' USING ERRCODE = 'MN001';
    END IF;

    WITH billed AS (
        UPDATE bill b SET state = 'settled', settlement_id = c.settlement_id
        FROM jsonb_to_recordset(cases) AS c(
            n integer, settlement_id uuid, bill_id uuid, institution_name text, area text, scheme text, year smallint,
            band text, own_paid numeric, over_limit numeric, prior_self_pay numeric, in_policy numeric,
            deductible numeric, fund_paid numeric, person_paid numeric, coverage_version integer,
            accumulator_version integer, settled_on date, settled_at timestamptz, settled_by text)
        WHERE b.id = c.bill_id AND b.state = 'uploaded'
        RETURNING c.*, b.bill_number, b.institution_code, b.person_id, b.care_type, b.admitted_on, b.discharged_on,
            b.total
    )
    INSERT INTO settlement (id, bill_id, bill_number, institution_code, institution_name, person_id, area, scheme,
        year, band, care_type, admitted_on, discharged_on, total, own_paid, over_limit, prior_self_pay, in_policy,
        deductible, fund_paid, person_paid, coverage_version, accumulator_version, working, settled_on, settled_at,
        settled_by)
    SELECT settlement_id, bill_id, bill_number, institution_code, institution_name, person_id, area, scheme,
        year, band, care_type, admitted_on, discharged_on, total, own_paid, over_limit, prior_self_pay, in_policy,
        deductible, fund_paid, person_paid, coverage_version, accumulator_version, workings[n]::json, settled_on,
        settled_at, settled_by
    FROM billed;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> asked THEN
        RAISE EXCEPTION 'the bill is not waiting' USING ERRCODE = 'MN002';
    END IF;

    INSERT INTO accumulator AS a (person_id, scheme, year, version, in_policy, deductible_paid, employee_pool,
        resident_pool, catastrophic, medical_aid, admissions)
    SELECT (c.year_after).person_id, (c.year_after).scheme, (c.year_after).year, (c.year_after).version,
        (c.year_after).in_policy, (c.year_after).deductible_paid, (c.year_after).employee_pool,
        (c.year_after).resident_pool, (c.year_after).catastrophic, (c.year_after).medical_aid,
        (c.year_after).admissions
    FROM jsonb_to_recordset(cases) AS c(year_after accumulator)
    ORDER BY (c.year_after).person_id
    ON CONFLICT (person_id, scheme, year) DO UPDATE SET
        version = excluded.version, in_policy = excluded.in_policy, deductible_paid = excluded.deductible_paid,
        employee_pool = excluded.employee_pool, resident_pool = excluded.resident_pool,
        catastrophic = excluded.catastrophic, medical_aid = excluded.medical_aid, admissions = excluded.admissions
    WHERE a.version = excluded.version - 1;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> asked THEN
        RAISE EXCEPTION 'the year has moved' USING ERRCODE = 'MN003';
    END IF;

    INSERT INTO settlement_layer (settlement_id, position, fund, base, deductible, ratio, limit_left, amount)
    SELECT * FROM json_to_recordset(layers) AS l(settlement_id uuid, position smallint, fund text, base numeric,
        deductible numeric, ratio numeric, limit_left numeric, amount numeric);

    INSERT INTO ledger_entry (transaction_id, position, kind, account, party, amount, area, booked_on)
    SELECT transaction_id, position, 'settlement', account, party, amount, area, booked_on
    FROM json_to_recordset(entries) AS e(transaction_id uuid, position smallint, account text, party text,
        amount numeric, area text, booked_on date);

    INSERT INTO outbox (id, subject, body, created_at)
    SELECT c.event_id, 'claims.settlement.made', events[c.n], c.settled_at
    FROM jsonb_to_recordset(cases) AS c(n integer, event_id uuid, settled_at timestamptz);
END $$
"""


def upgrade() -> None:
    op.execute(SETTLE)


def downgrade() -> None:
    op.execute("DROP FUNCTION settle(jsonb, json, json, text[], bytea[], bytea[])")
