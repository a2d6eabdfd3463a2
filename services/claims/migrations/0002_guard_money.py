"""Guard what SQL can say about money: code lists, append-only tables, sums that must hold."""

from alembic import op

from services.kit.db import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEVELS = "ungraded level_1 level_2 level_3"
BANDS = "level_1 level_2 level_3 out_of_area"
SCHEMES = "employee_medical resident_medical"
FUNDS = "employee_pool resident_pool catastrophic medical_aid"

CASE_STATES = "in_review returned approved rejected withdrawn"

CODES = {
    ("institution", "level"): LEVELS,
    ("catalogue_item", "kind"): "drug service consumable",
    ("catalogue_item", "category"): "a b c",
    ("bill", "care_type"): "inpatient",
    ("bill", "state"): "uploaded settled withdrawn",
    ("bill_line", "category"): "a b c",
    ("bill_line", "approval"): "none approved self_paid",
    ("bill_line", "reason"): "in_catalogue category_c outside_catalogue not_approved",
    ("accumulator", "scheme"): SCHEMES,
    ("settlement", "scheme"): SCHEMES,
    ("settlement", "band"): BANDS,
    ("settlement", "care_type"): "inpatient",
    ("settlement_layer", "fund"): FUNDS,
    ("ledger_entry", "kind"): "settlement reversal",
    ("ledger_entry", "account"): f"{FUNDS} person institution",
    ("procedure_case", "kind"): "normal special",
    ("procedure_case", "state"): CASE_STATES,
    ("procedure_step", "from_state"): CASE_STATES,
    ("procedure_step", "to_state"): CASE_STATES,
    ("procedure_step", "move"): "apply approve return reject correct withdraw object",
}

APPEND_ONLY = (
    "bill_line",
    "settlement",
    "settlement_layer",
    "reversal",
    "ledger_entry",
    "procedure_actor",
    "procedure_step",
)

# A booking's entries arrive in one statement and sum to zero; as rows never change, so does the ledger.
LEDGER_BALANCES = (
    """
    CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM added GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
            RAISE EXCEPTION 'a booking does not sum to zero'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balances';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER ledger_balances AFTER INSERT ON ledger_entry
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances()""",
)

LAYERS_SUM = (
    """
    CREATE FUNCTION layers_sum_to_fund_paid() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM (SELECT settlement_id, sum(amount) AS paid FROM added GROUP BY settlement_id) a
            WHERE paid IS DISTINCT FROM (SELECT s.fund_paid FROM settlement s WHERE s.id = a.settlement_id)
        ) THEN
            RAISE EXCEPTION 'the funds do not sum to what they pay'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'layers_sum_to_fund_paid';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER layers_sum_to_fund_paid AFTER INSERT ON settlement_layer
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION layers_sum_to_fund_paid()""",
)

LINES_SUM = (
    """
    CREATE FUNCTION lines_sum_to_total() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT (sum(amount), count(*)) IS DISTINCT FROM (NEW.total, NEW.line_count::bigint)
            FROM bill_line WHERE bill_id = NEW.id) THEN
            RAISE EXCEPTION 'the lines do not sum to the bill'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'lines_sum_to_total';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE CONSTRAINT TRIGGER lines_sum_to_total AFTER INSERT ON bill
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lines_sum_to_total()""",
)

# One agreement of an office at a time; the owner's row lock makes the check safe, for there is no exclusion over text.
AGREEMENTS_APART = (
    """
    CREATE FUNCTION agreements_apart() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM institution WHERE code = NEW.institution_code FOR UPDATE;
        IF EXISTS (
            SELECT FROM agreement o WHERE o.institution_code = NEW.institution_code AND o.area = NEW.area AND o.id <> NEW.id
            AND daterange(o.valid_from, o.valid_until) && daterange(NEW.valid_from, NEW.valid_until)
        ) THEN
            RAISE EXCEPTION 'agreements overlap'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'agreements_apart';
        END IF;
        RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER agreements_apart BEFORE INSERT OR UPDATE ON agreement
        FOR EACH ROW EXECUTE FUNCTION agreements_apart()""",
)

# Rows that carry a working stay in their page: compressing them would cost more than the space.
STORAGE = (
    "ALTER TABLE settlement SET (toast_tuple_target = 8160)",
    "ALTER TABLE idempotency_key SET (toast_tuple_target = 8160)",
    "ALTER TABLE bill SET (fillfactor = 80)",
    "ALTER TABLE accumulator SET (fillfactor = 80)",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for (table, column), codes in CODES.items():
        allowed = ", ".join(f"'{code}'" for code in codes.split())
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
    for table in APPEND_ONLY:
        for statement in append_only(table):
            op.execute(statement)
    for statement in (*LEDGER_BALANCES, *LAYERS_SUM, *LINES_SUM, *AGREEMENTS_APART, *STORAGE):
        op.execute(statement)


def downgrade() -> None:
    for trigger, table in {
        "ledger_balances": "ledger_entry",
        "layers_sum_to_fund_paid": "settlement_layer",
        "lines_sum_to_total": "bill",
        "agreements_apart": "agreement",
    }.items():
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
        op.execute(f"DROP FUNCTION {trigger}()")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute(f"DROP FUNCTION {table}_is_append_only()")
    for table, column in CODES:
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
