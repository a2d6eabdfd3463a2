"""Create the tables of claims and of the kit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "accumulator",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_policy", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("deductible_paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("employee_pool", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("resident_pool", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("catastrophic", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("medical_aid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("admissions", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "least(in_policy, deductible_paid, employee_pool, resident_pool, catastrophic, medical_aid, admissions) >= 0",
            name=op.f("ck_accumulator_not_negative"),
        ),
        sa.PrimaryKeyConstraint("person_id", "scheme", "year", name=op.f("pk_accumulator")),
    )
    op.create_table(
        "assistance_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_assistance_copy")),
    )
    op.create_table(
        "catalogue_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pooling_area", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("prior_self_pay_ratio", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("price_limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "category = 'b' OR prior_self_pay_ratio = 0", name=op.f("ck_catalogue_item_ratio_of_b")
        ),
        sa.CheckConstraint("prior_self_pay_ratio BETWEEN 0 AND 1", name=op.f("ck_catalogue_item_ratio")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_from < valid_until", name=op.f("ck_catalogue_item_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
        sa.UniqueConstraint(
            "pooling_area", "code", "valid_from", name=op.f("uq_catalogue_item_pooling_area_code_valid_from")
        ),
    )
    op.create_table(
        "coverage_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("coverages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_coverage_copy")),
    )
    op.create_table(
        "institution",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code ~ '^[A-Z][0-9]{11}$'", name=op.f("ck_institution_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_institution")),
    )
    op.create_index(op.f("ix_institution_area"), "institution", ["area"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entry_amount")),
        sa.PrimaryKeyConstraint("transaction_id", "position", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        "ix_ledger_entry_booked_on", "ledger_entry", ["booked_on"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "person_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=False),
        sa.Column("id_number_index", sa.String(), nullable=False),
        sa.Column("id_number_masked", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_copy")),
    )
    op.create_index(op.f("ix_person_copy_id_number_index"), "person_copy", ["id_number_index"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_code", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_agreement_period")),
        sa.ForeignKeyConstraint(
            ["institution_code"], ["institution.code"], name=op.f("fk_agreement_institution_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("number", name=op.f("uq_agreement_number")),
    )
    op.create_index(
        "ix_agreement_institution_code_valid_from",
        "agreement",
        ["institution_code", "valid_from"],
        unique=False,
    )
    op.create_table(
        "bill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_code", sa.String(), nullable=False),
        sa.Column("bill_number", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("care_type", sa.String(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("discharged_on", sa.Date(), nullable=False),
        sa.Column("diagnosis_code", sa.String(), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("attachments_pages", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'settled') = (settlement_id IS NOT NULL)", name=op.f("ck_bill_settled")),
        sa.CheckConstraint("admitted_on <= discharged_on", name=op.f("ck_bill_stay")),
        sa.CheckConstraint("total > 0", name=op.f("ck_bill_total")),
        sa.ForeignKeyConstraint(
            ["institution_code"], ["institution.code"], name=op.f("fk_bill_institution_code")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person_copy.person_id"], name=op.f("fk_bill_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill")),
        sa.UniqueConstraint(
            "institution_code", "bill_number", name=op.f("uq_bill_institution_code_bill_number")
        ),
    )
    op.create_index("ix_bill_institution_code_id", "bill", ["institution_code", "id"], unique=False)
    op.create_index(op.f("ix_bill_person_id"), "bill", ["person_id"], unique=False)
    op.create_table(
        "bill_line",
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("item_name", sa.String(), nullable=False),
        sa.Column("catalogue_item_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=16, scale=4), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=16, scale=6), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("doctor_code", sa.String(), nullable=False),
        sa.Column("approval", sa.String(), nullable=False),
        sa.Column("own_paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("over_limit", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("prior_self_pay", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("in_policy", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "amount = own_paid + over_limit + prior_self_pay + in_policy",
            name=op.f("ck_bill_line_parts_sum_to_amount"),
        ),
        sa.CheckConstraint(
            "least(own_paid, over_limit, prior_self_pay, in_policy) >= 0", name=op.f("ck_bill_line_parts")
        ),
        sa.CheckConstraint("quantity > 0 AND unit_price >= 0", name=op.f("ck_bill_line_quantity")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_bill_line_bill_id")),
        sa.ForeignKeyConstraint(
            ["catalogue_item_id"], ["catalogue_item.id"], name=op.f("fk_bill_line_catalogue_item_id")
        ),
        sa.PrimaryKeyConstraint("bill_id", "line_no", name=op.f("pk_bill_line")),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("bill_number", sa.String(), nullable=False),
        sa.Column("institution_code", sa.String(), nullable=False),
        sa.Column("institution_name", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("care_type", sa.String(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("discharged_on", sa.Date(), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("own_paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("over_limit", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("prior_self_pay", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("in_policy", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("deductible", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("fund_paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("person_paid", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("coverage_version", sa.Integer(), nullable=False),
        sa.Column("accumulator_version", sa.Integer(), nullable=False),
        sa.Column("working", sa.JSON(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "least(fund_paid, person_paid, deductible) >= 0", name=op.f("ck_settlement_not_negative")
        ),
        sa.CheckConstraint("total = fund_paid + person_paid", name=op.f("ck_settlement_payers_sum_to_total")),
        sa.CheckConstraint(
            "total = own_paid + over_limit + prior_self_pay + in_policy",
            name=op.f("ck_settlement_parts_sum_to_total"),
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_settlement_bill_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
    )
    op.create_index(
        "ix_settlement_institution_code_settled_on",
        "settlement",
        ["institution_code", "settled_on"],
        unique=False,
    )
    op.create_index("ix_settlement_person_id_id", "settlement", ["person_id", "id"], unique=False)
    op.create_table(
        "reversal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reversed_on", sa.Date(), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlement.id"], name=op.f("fk_reversal_settlement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reversal")),
        sa.UniqueConstraint("settlement_id", name=op.f("uq_reversal_settlement_id")),
    )
    op.create_table(
        "settlement_layer",
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("fund", sa.String(), nullable=False),
        sa.Column("base", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("deductible", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("ratio", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("limit_left", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.CheckConstraint("amount >= 0 AND amount <= base", name=op.f("ck_settlement_layer_amount")),
        sa.PrimaryKeyConstraint("settlement_id", "position", name=op.f("pk_settlement_layer")),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("event_id", name=op.f("uq_dead_letter_event_id")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_heard_at", "inbox", ["heard_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_published_at", "outbox", ["published_at"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "procedure_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.String(), nullable=False),
        sa.Column("open_subject_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.String(), nullable=True),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "documents",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "missing",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("notice_ends_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("told_due_on", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'in_review') = (due_on IS NOT NULL)", name=op.f("ck_procedure_case_clock")
        ),
        sa.CheckConstraint(
            "(state IN ('in_review', 'returned')) = (ended_at IS NULL)", name=op.f("ck_procedure_case_ended")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (open_subject_id IS NOT NULL)", name=op.f("ck_procedure_case_open_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_case")),
        sa.UniqueConstraint(
            "procedure", "open_subject_id", name=op.f("uq_procedure_case_procedure_open_subject_id")
        ),
        sa.UniqueConstraint("serial", name=op.f("uq_procedure_case_serial")),
    )
    op.create_index(
        op.f("ix_procedure_case_area_procedure_case_id"), "procedure_case", ["area", "id"], unique=False
    )
    op.create_index(
        op.f("ix_procedure_case_due_on"),
        "procedure_case",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.create_index(op.f("ix_procedure_case_subject_id"), "procedure_case", ["subject_id"], unique=False)
    op.create_table(
        "procedure_actor",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["procedure_case.id"], name=op.f("fk_procedure_actor_case_id")),
        sa.PrimaryKeyConstraint("case_id", "actor", name=op.f("pk_procedure_actor")),
        sa.UniqueConstraint("case_id", "actor", "step", name=op.f("uq_procedure_actor_case_id_actor_step")),
    )
    op.create_table(
        "procedure_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(step IS NOT NULL) = (move IN ('approve', 'return', 'reject'))",
            name=op.f("ck_procedure_step_step_of_reviewer"),
        ),
        sa.CheckConstraint(
            "move NOT IN ('return', 'reject', 'object') OR length(trim(reason)) > 0",
            name=op.f("ck_procedure_step_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "actor", "step"],
            ["procedure_actor.case_id", "procedure_actor.actor", "procedure_actor.step"],
            name=op.f("fk_procedure_step_case_id_actor_step"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["procedure_case.id"], name=op.f("fk_procedure_step_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_step")),
    )
    op.create_index(
        op.f("ix_procedure_step_case_id_procedure_step_id"), "procedure_step", ["case_id", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_procedure_step_case_id_procedure_step_id"), table_name="procedure_step")
    op.drop_table("procedure_step")
    op.drop_table("procedure_actor")
    op.drop_index(op.f("ix_procedure_case_subject_id"), table_name="procedure_case")
    op.drop_index(
        op.f("ix_procedure_case_due_on"),
        table_name="procedure_case",
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.drop_index(op.f("ix_procedure_case_area_procedure_case_id"), table_name="procedure_case")
    op.drop_table("procedure_case")
    op.drop_index("ix_outbox_waiting", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_index("ix_outbox_published_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_inbox_heard_at", table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("idempotency_key")
    op.drop_table("dead_letter")
    op.drop_table("settlement_layer")
    op.drop_table("reversal")
    op.drop_index("ix_settlement_person_id_id", table_name="settlement")
    op.drop_index("ix_settlement_institution_code_settled_on", table_name="settlement")
    op.drop_table("settlement")
    op.drop_table("bill_line")
    op.drop_index(op.f("ix_bill_person_id"), table_name="bill")
    op.drop_index("ix_bill_institution_code_id", table_name="bill")
    op.drop_table("bill")
    op.drop_index("ix_agreement_institution_code_valid_from", table_name="agreement")
    op.drop_table("agreement")
    op.drop_index(op.f("ix_person_copy_id_number_index"), table_name="person_copy")
    op.drop_table("person_copy")
    op.drop_index("ix_ledger_entry_booked_on", table_name="ledger_entry", postgresql_using="brin")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_institution_area"), table_name="institution")
    op.drop_table("institution")
    op.drop_table("coverage_copy")
    op.drop_table("catalogue_item")
    op.drop_table("assistance_copy")
    op.drop_table("accumulator")
