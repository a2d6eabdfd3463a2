"""Guard what SQL can say about an archive: code lists, registers that only grow, movements, two persons."""

from alembic import op

from services.kit.db import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CASE_STATES = "in_review returned approved rejected withdrawn"

CODES = {
    ("access_log", "purpose"): "service review reading archiving audit",
    ("destruction_list", "stage"): "drawn_up executed cancelled",
    ("transfer", "state"): "submitted accepted sent_back",
    ("destruction_consent", "authority"): "audit finance",
    ("piece", "category"): "yb sb jy ws ku rs",
    ("piece", "retention"): "permanent d100 d50 d30 d15 d10",
    ("piece", "kind"): "settlement reversal contribution certification entered",
    ("piece", "current_retention"): "permanent d100 d50 d30 d15 d10",
    ("piece", "openness"): "open controlled deferred unreviewed",
    ("piece", "secrecy"): "general internal work_secret",
    ("piece", "completeness"): "incomplete complete",
    ("piece", "holding"): "with_section in_store lent destroyed",
    ("movement", "kind"): "received lent returned destroyed",
    (
        "paper",
        "kind",
    ): "settlement_sheet invoice fee_list discharge_record reversal_notice reversal_basis payment_receipt certification_form hardship_proof attachment",
    ("paper", "carrier"): "paper electronic",
    ("piece_use", "form"): "reading loan copy",
    ("piece_use", "state"): "applied approved refused handed_out closed",
    ("procedure_case", "kind"): "normal special",
    ("procedure_case", "state"): CASE_STATES,
    ("procedure_step", "from_state"): CASE_STATES,
    ("procedure_step", "to_state"): CASE_STATES,
    ("procedure_step", "move"): "apply approve return reject correct withdraw object",
}

APPEND_ONLY = (
    "access_log",
    "destruction_approval",
    "fixity_check",
    "movement",
    "piece_change",
    "procedure_actor",
    "procedure_step",
)
KEPT = ("piece", "paper", "destruction_consent", "destruction_list", "transfer")

# A catalogue entry outlives its papers: rows are changed, never removed.
NEVER_REMOVED = """
    CREATE FUNCTION archive_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is never removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"""

# A piece is moved by an entry of the movement register, and by nothing else.
MOVES = (
    """
    CREATE FUNCTION movement_moves_piece() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE piece SET holding = CASE NEW.kind WHEN 'lent' THEN 'lent' WHEN 'destroyed' THEN 'destroyed'
                                                 ELSE 'in_store' END
        WHERE piece_id = NEW.piece_id AND area = NEW.area
          AND holding = CASE NEW.kind WHEN 'received' THEN 'with_section' WHEN 'returned' THEN 'lent'
                                      ELSE 'in_store' END;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the piece is not where this movement begins'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'movement_begins';
        END IF;
        RETURN NULL;
    END $$""",
    "CREATE TRIGGER movement_moves_piece AFTER INSERT ON movement FOR EACH ROW EXECUTE FUNCTION movement_moves_piece()",
    """
    CREATE FUNCTION piece_moves_by_register() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' AND NEW.holding <> 'with_section'
           OR TG_OP = 'UPDATE' AND NEW.holding <> OLD.holding AND pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'a piece moves by an entry of the movement register only'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'piece_moves_by_register';
        END IF;
        RETURN NEW;
    END $$""",
    """
    CREATE TRIGGER piece_moves_by_register BEFORE INSERT OR UPDATE OF holding ON piece
        FOR EACH ROW EXECUTE FUNCTION piece_moves_by_register()""",
)

# Two others than the author approve, and accounting papers have both consents, before anything is destroyed.
DESTRUCTION = (
    """
    CREATE FUNCTION destruction_is_authorised() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM destruction_piece
                       WHERE destruction_list_id = NEW.reference_id AND piece_id = NEW.piece_id)
           OR (SELECT count(*) FROM destruction_approval WHERE destruction_list_id = NEW.reference_id) < 2
           OR (SELECT is_accounting FROM piece WHERE piece_id = NEW.piece_id)
              AND (SELECT count(*) FROM destruction_consent WHERE destruction_list_id = NEW.reference_id) < 2 THEN
            RAISE EXCEPTION 'the destruction is not authorised'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'destruction_is_authorised';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER destruction_is_authorised AFTER INSERT ON movement
        FOR EACH ROW WHEN (NEW.kind = 'destroyed') EXECUTE FUNCTION destruction_is_authorised()""",
    """
    CREATE FUNCTION destruction_approver_is_another() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.approved_by = (SELECT drawn_up_by FROM destruction_list
                              WHERE destruction_list_id = NEW.destruction_list_id) THEN
            RAISE EXCEPTION 'the author of a destruction list does not approve it'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'destruction_approver_is_another';
        END IF;
        RETURN NULL;
    END $$""",
    """
    CREATE TRIGGER destruction_approver_is_another AFTER INSERT ON destruction_approval
        FOR EACH ROW EXECUTE FUNCTION destruction_approver_is_another()""",
)

FUNCTIONS = (
    "archive_is_kept",
    "movement_moves_piece",
    "piece_moves_by_register",
    "destruction_is_authorised",
    "destruction_approver_is_another",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for (table, column), codes in CODES.items():
        allowed = ", ".join(f"'{code}'" for code in codes.split())
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
    for table in APPEND_ONLY:
        for statement in append_only(table):
            op.execute(statement)
    op.execute(NEVER_REMOVED)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION archive_is_kept()"
        )
    for statement in (*MOVES, *DESTRUCTION):
        op.execute(statement)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}() CASCADE")
    for table in APPEND_ONLY:
        op.execute(f"DROP FUNCTION {table}_is_append_only() CASCADE")
    for table, column in CODES:
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
