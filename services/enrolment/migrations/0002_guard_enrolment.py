"""Guard what SQL can say about enrolment: code lists, logs that only grow, periods that never overlap."""

from alembic import op

from services.kit.db import append_only
from services.kit.procedures import APPEND_ONLY as CASE_LOGS

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# the codes: the columns that hold one of them
CODES = {
    "a b c": "assistance.assistance_class",
    "minimum_living_allowance five_guarantees extreme_poverty key_entitled orphan elderly urban_three_without five_elders low_income edge_of_poverty": "assistance.category enrolment_member.aided_as",
    "urban rural": "assistance.hukou person.hukou",
    "employer household civil_affairs finance": "bill.payer_kind",
    "determined paid overdue reversed": "bill.state",
    "due received due_reversed": "collection_entry.kind",
    "employer person": "contribution.payer determination_line.payer",
    "pension employee_medical unemployment maternity work_injury resident_medical": "contribution.scheme coverage.scheme determination_line.scheme employer_scheme.scheme",
    "addition removal base_change": "declaration_line.kind",
    "class_1 class_2 class_3": "employer.injury_class",
    "normal blocked": "employer.standing standing_change.new_value standing_change.old_value",
    "state_organ public_institution enterprise individual_business other": "employer.unit_kind",
    "deceased employee_medical military_service": "enrolment_member.exclusion",
    "head spouse child parent grandchild grandparent sibling other": "household_member.relation",
    "male female": "person.sex",
    "normal special": "procedure_case.kind",
    "in_review returned approved rejected withdrawn": "procedure_case.state procedure_step.from_state procedure_step.to_state",
    "apply approve return reject correct withdraw object": "procedure_step.move",
    "tax_receipt bank_line": "receipt.kind",
    "standard grade_1 grade_2": "resident_enrolment.grade",
    "registered effective": "resident_enrolment.state",
}

APPEND_ONLY = (
    "collection_entry",
    "coverage_change",
    "contribution",
    "determination_line",
    "person_correction",
    "receipt",
    "record_access",
    "standing_change",
    *CASE_LOGS,
)

# table: (what the periods belong to, whose row is locked meanwhile, its key)
PERIODS = {
    "coverage": (("person_id", "scheme"), "person", "person_id"),
    "assistance": (("person_id", "category"), "person", "person_id"),
    "contribution_base": (("employment_id",), "employment", "employment_id"),
}
KEYS = {"coverage": "coverage_id", "assistance": "assistance_id", "contribution_base": "base_id"}


def no_overlap(table: str) -> list[str]:
    """An exclusion constraint in other words: btree_gist may be missing, so a trigger looks under the owner's lock.

    Two writers for one owner wait for each other here; the second one sees what the first has committed. A FOR
    UPDATE would deadlock with the share that their foreign keys took on the owner before.
    """
    belongs, owner, owner_key = PERIODS[table]
    same = " AND ".join(f"other.{column} = NEW.{column}" for column in belongs)
    return [
        f"""
        CREATE FUNCTION {table}_does_not_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM {owner} WHERE {owner_key} = NEW.{owner_key} FOR NO KEY UPDATE;
            IF EXISTS (
                SELECT 1 FROM {table} AS other
                WHERE {same} AND other.{KEYS[table]} <> NEW.{KEYS[table]}
                  AND daterange(other.valid_from, other.valid_until) && daterange(NEW.valid_from, NEW.valid_until)
            ) THEN
                RAISE EXCEPTION 'periods of {table} overlap'
                    USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{table}_does_not_overlap';
            END IF;
            RETURN NULL;
        END $$""",  # noqa: S608 - names from the table above
        f"""
        CREATE CONSTRAINT TRIGGER {table}_does_not_overlap
        AFTER INSERT OR UPDATE OF valid_from, valid_until, {", ".join(belongs)} ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_does_not_overlap()""",
    ]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for codes, columns in CODES.items():
        allowed = ", ".join(f"'{code}'" for code in codes.split())
        for table, column in (name.split(".") for name in columns.split()):
            op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
    for table in APPEND_ONLY:
        for statement in append_only(table):
            op.execute(statement)
    for table in PERIODS:
        for statement in no_overlap(table):
            op.execute(statement)


def downgrade() -> None:
    for table in PERIODS:
        op.execute(f"DROP FUNCTION {table}_does_not_overlap() CASCADE")
    for table in APPEND_ONLY:
        op.execute(f"DROP FUNCTION {table}_is_append_only() CASCADE")
    for columns in CODES.values():
        for table, column in (name.split(".") for name in columns.split()):
            op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
