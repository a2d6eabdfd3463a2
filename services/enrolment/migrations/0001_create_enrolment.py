"""Create the tables of enrolment."""

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
        "employer",
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit_kind", sa.String(), nullable=False),
        sa.Column("injury_class", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("employer_id", name=op.f("pk_employer")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_employer_credit_code")),
    )
    op.create_index(
        op.f("ix_employer_area_employer_employer_id"), "employer", ["area", "employer_id"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_index", sa.String(), nullable=False),
        sa.Column("id_number_masked", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("hukou", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_person_id_number_index")),
    )
    op.create_index(op.f("ix_person_area_person_person_id"), "person", ["area", "person_id"], unique=False)
    op.create_table(
        "assistance",
        sa.Column("assistance_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("assistance_class", sa.String(), nullable=True),
        sa.Column("hukou", sa.String(), nullable=False),
        sa.Column("certificate_number", sa.String(), nullable=False),
        sa.Column("deciding_office", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("ended_because", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "assistance_class IS NULL OR category = 'minimum_living_allowance'",
            name=op.f("ck_assistance_class_of_allowance"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until > valid_from", name=op.f("ck_assistance_period")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_assistance_person_id")),
        sa.PrimaryKeyConstraint("assistance_id", name=op.f("pk_assistance")),
    )
    op.create_index(
        op.f("ix_assistance_person_id_assistance_category"),
        "assistance",
        ["person_id", "category"],
        unique=False,
    )
    op.create_table(
        "declaration",
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("effective_month", sa.Date(), nullable=False),
        sa.Column("declared_by", sa.String(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "extract(day FROM effective_month) = 1", name=op.f("ck_declaration_effective_month")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_declaration_employer_id")
        ),
        sa.PrimaryKeyConstraint("declaration_id", name=op.f("pk_declaration")),
        sa.UniqueConstraint("serial", name=op.f("uq_declaration_serial")),
    )
    op.create_index(
        op.f("ix_declaration_employer_id_declaration_declaration_id"),
        "declaration",
        ["employer_id", "declaration_id"],
        unique=False,
    )
    op.create_table(
        "determination",
        sa.Column("determination_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("determined_on", sa.Date(), nullable=False),
        sa.Column("determined_by", sa.String(), nullable=False),
        sa.Column("determined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_because", sa.String(), nullable=True),
        sa.Column("reversed_by", sa.String(), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(reversed_at IS NULL) = (reversed_because IS NULL)", name=op.f("ck_determination_reversal")
        ),
        sa.CheckConstraint("extract(day FROM period) = 1", name=op.f("ck_determination_period")),
        sa.CheckConstraint(
            "reversed_by IS NULL OR reversed_by <> determined_by", name=op.f("ck_determination_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_determination_employer_id")
        ),
        sa.PrimaryKeyConstraint("determination_id", name=op.f("pk_determination")),
    )
    op.create_index(
        "uq_determination_valid",
        "determination",
        ["employer_id", "period"],
        unique=True,
        postgresql_where=sa.text("reversed_at IS NULL"),
    )
    op.create_table(
        "employer_scheme",
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_employer_scheme_employer_id")
        ),
        sa.PrimaryKeyConstraint("employer_id", "scheme", name=op.f("pk_employer_scheme")),
    )
    op.create_table(
        "household",
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("head_id", sa.Uuid(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["person.person_id"], name=op.f("fk_household_head_id")),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_household")),
    )
    op.create_index(
        op.f("ix_household_area_household_household_id"), "household", ["area", "household_id"], unique=False
    )
    op.create_table(
        "person_correction",
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old_value", sa.String(), nullable=False),
        sa.Column("new_value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("corrected_by", sa.String(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_person_correction_reason")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_person_correction_person_id")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_person_correction")),
    )
    op.create_index(op.f("ix_person_correction_person_id"), "person_correction", ["person_id"], unique=False)
    op.create_table(
        "record_access",
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("reader_kind", sa.String(), nullable=False),
        sa.Column("reader_name", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_record_access_person_id")),
        sa.PrimaryKeyConstraint("access_id", name=op.f("pk_record_access")),
    )
    op.create_index(op.f("ix_record_access_person_id"), "record_access", ["person_id"], unique=False)
    op.create_table(
        "standing_change",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("old_value", sa.String(), nullable=False),
        sa.Column("new_value", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_standing_change_reason")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_standing_change_employer_id")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_standing_change")),
    )
    op.create_index(op.f("ix_standing_change_employer_id"), "standing_change", ["employer_id"], unique=False)
    op.create_table(
        "contribution",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("determination_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("base", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["determination_id"],
            ["determination.determination_id"],
            name=op.f("fk_contribution_determination_id"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_contribution_person_id")),
        sa.PrimaryKeyConstraint("contribution_id", name=op.f("pk_contribution")),
        sa.UniqueConstraint(
            "determination_id",
            "person_id",
            "scheme",
            "payer",
            name=op.f("uq_contribution_determination_id_person_id_scheme_payer"),
        ),
    )
    op.create_index(
        op.f("ix_contribution_person_id_contribution_scheme_contribution_period"),
        "contribution",
        ["person_id", "scheme", "period"],
        unique=False,
    )
    op.create_table(
        "declaration_line",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("base", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("(kind = 'removal') = (base IS NULL)", name=op.f("ck_declaration_line_base")),
        sa.CheckConstraint(
            "kind = 'addition' OR length(trim(reason)) > 0", name=op.f("ck_declaration_line_reason")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["declaration.declaration_id"],
            name=op.f("fk_declaration_line_declaration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_declaration_line_person_id")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_declaration_line")),
        sa.UniqueConstraint(
            "declaration_id", "person_id", name=op.f("uq_declaration_line_declaration_id_person_id")
        ),
    )
    op.create_index(op.f("ix_declaration_line_person_id"), "declaration_line", ["person_id"], unique=False)
    op.create_table(
        "determination_line",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("determination_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("base_sum", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=9, scale=6), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("rate_version", sa.String(), nullable=False),
        sa.Column("rate_source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["determination_id"],
            ["determination.determination_id"],
            name=op.f("fk_determination_line_determination_id"),
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_determination_line")),
        sa.UniqueConstraint(
            "determination_id",
            "scheme",
            "payer",
            name=op.f("uq_determination_line_determination_id_scheme_payer"),
        ),
    )
    op.create_table(
        "employment",
        sa.Column("employment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("removed_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (removed_by_id IS NULL)", name=op.f("ck_employment_removal")
        ),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name=op.f("ck_employment_dates")),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["declaration.declaration_id"], name=op.f("fk_employment_added_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_employment_employer_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_employment_person_id")),
        sa.ForeignKeyConstraint(
            ["removed_by_id"], ["declaration.declaration_id"], name=op.f("fk_employment_removed_by_id")
        ),
        sa.PrimaryKeyConstraint("employment_id", name=op.f("pk_employment")),
    )
    op.create_index(op.f("ix_employment_person_id"), "employment", ["person_id"], unique=False)
    op.create_index(
        "uq_employment_present",
        "employment",
        ["employer_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "household_member",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_because", sa.String(), nullable=True),
        sa.CheckConstraint("left_on IS NULL OR left_on >= joined_on", name=op.f("ck_household_member_dates")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.household_id"], name=op.f("fk_household_member_household_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_household_member_person_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_household_member")),
    )
    op.create_index(
        op.f("ix_household_member_household_id"), "household_member", ["household_id"], unique=False
    )
    op.create_index(
        "uq_household_member_present",
        "household_member",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.create_table(
        "resident_enrolment",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("premium_version", sa.String(), nullable=False),
        sa.Column("subsidy_version", sa.String(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("enrolled_by", sa.String(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.household_id"], name=op.f("fk_resident_enrolment_household_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_resident_enrolment")),
        sa.UniqueConstraint("household_id", "year", name=op.f("uq_resident_enrolment_household_id_year")),
    )
    op.create_index(
        op.f("ix_resident_enrolment_area_resident_enrolment_year"),
        "resident_enrolment",
        ["area", "year"],
        unique=False,
    )
    op.create_table(
        "bill",
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("payer_kind", sa.String(), nullable=False),
        sa.Column("payer_id", sa.Uuid(), nullable=True),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("received", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("determination_id", sa.Uuid(), nullable=True),
        sa.Column("enrolment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name=op.f("ck_bill_paid_on")),
        sa.CheckConstraint(
            "state = 'reversed' OR (state = 'paid') = (received = amount)", name=op.f("ck_bill_paid")
        ),
        sa.CheckConstraint(
            "amount >= 0 AND received >= 0 AND received <= amount", name=op.f("ck_bill_amounts")
        ),
        sa.CheckConstraint(
            "determination_id IS NULL OR enrolment_id IS NULL", name=op.f("ck_bill_one_reason")
        ),
        sa.ForeignKeyConstraint(
            ["determination_id"], ["determination.determination_id"], name=op.f("fk_bill_determination_id")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["resident_enrolment.enrolment_id"], name=op.f("fk_bill_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("bill_id", name=op.f("pk_bill")),
    )
    op.create_index(op.f("ix_bill_area_bill_bill_id"), "bill", ["area", "bill_id"], unique=False)
    op.create_index(op.f("ix_bill_determination_id"), "bill", ["determination_id"], unique=False)
    op.create_index(
        op.f("ix_bill_due_on"),
        "bill",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'determined'"),
    )
    op.create_index(op.f("ix_bill_enrolment_id"), "bill", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_bill_payer_id"), "bill", ["payer_id"], unique=False)
    op.create_table(
        "contribution_base",
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("employment_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("declaration_id", sa.Uuid(), nullable=False),
        sa.Column("floor_version", sa.String(), nullable=False),
        sa.Column("ceiling_version", sa.String(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_contribution_base_amount")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_contribution_base_period")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["declaration.declaration_id"],
            name=op.f("fk_contribution_base_declaration_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employment_id"], ["employment.employment_id"], name=op.f("fk_contribution_base_employment_id")
        ),
        sa.PrimaryKeyConstraint("base_id", name=op.f("pk_contribution_base")),
    )
    op.create_index(
        op.f("ix_contribution_base_employment_id"), "contribution_base", ["employment_id"], unique=False
    )
    op.create_table(
        "coverage",
        sa.Column("coverage_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("employer_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_coverage_reason")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_coverage_period")
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.bill_id"], name=op.f("fk_coverage_bill_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_coverage_employer_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_coverage_person_id")),
        sa.PrimaryKeyConstraint("coverage_id", name=op.f("pk_coverage")),
    )
    op.create_index(op.f("ix_coverage_employer_id"), "coverage", ["employer_id"], unique=False)
    op.create_index(
        op.f("ix_coverage_person_id_coverage_scheme_coverage_valid_from"),
        "coverage",
        ["person_id", "scheme", "valid_from"],
        unique=False,
    )
    op.create_table(
        "enrolment_member",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("exclusion", sa.String(), nullable=True),
        sa.Column("personal", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("aided", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("government", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("aided_as", sa.String(), nullable=True),
        sa.Column("subsidy_bill_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "exclusion IS NULL OR personal + aided + government = 0",
            name=op.f("ck_enrolment_member_excluded_owes_nothing"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["resident_enrolment.enrolment_id"],
            name=op.f("fk_enrolment_member_enrolment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_enrolment_member_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["subsidy_bill_id"], ["bill.bill_id"], name=op.f("fk_enrolment_member_subsidy_bill_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "person_id", name=op.f("pk_enrolment_member")),
    )
    op.create_index(
        op.f("ix_enrolment_member_subsidy_bill_id"), "enrolment_member", ["subsidy_bill_id"], unique=False
    )
    op.create_index(
        "uq_enrolment_member_year",
        "enrolment_member",
        ["person_id", "year"],
        unique=True,
        postgresql_where=sa.text("exclusion IS NULL"),
    )
    op.create_table(
        "receipt",
        sa.Column("receipt_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receipt_amount")),
        sa.CheckConstraint("length(trim(receipt_number)) > 0", name=op.f("ck_receipt_number")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.bill_id"], name=op.f("fk_receipt_bill_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_receipt_receipt_number")),
    )
    op.create_index(op.f("ix_receipt_bill_id"), "receipt", ["bill_id"], unique=False)
    op.create_table(
        "collection_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'received') = (receipt_id IS NOT NULL)", name=op.f("ck_collection_entry_receipt")
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_collection_entry_amount")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.bill_id"], name=op.f("fk_collection_entry_bill_id")),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_collection_entry_receipt_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_collection_entry")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_collection_entry_receipt_id")),
    )
    op.create_index(op.f("ix_collection_entry_bill_id"), "collection_entry", ["bill_id"], unique=False)
    op.create_table(
        "coverage_change",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("coverage_id", sa.Uuid(), nullable=False),
        sa.Column("old_valid_from", sa.Date(), nullable=True),
        sa.Column("old_valid_until", sa.Date(), nullable=True),
        sa.Column("new_valid_from", sa.Date(), nullable=False),
        sa.Column("new_valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_coverage_change_reason")),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverage.coverage_id"], name=op.f("fk_coverage_change_coverage_id")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_coverage_change")),
    )
    op.create_index(op.f("ix_coverage_change_coverage_id"), "coverage_change", ["coverage_id"], unique=False)
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
    op.drop_index(op.f("ix_coverage_change_coverage_id"), table_name="coverage_change")
    op.drop_table("coverage_change")
    op.drop_index(op.f("ix_collection_entry_bill_id"), table_name="collection_entry")
    op.drop_table("collection_entry")
    op.drop_index(op.f("ix_receipt_bill_id"), table_name="receipt")
    op.drop_table("receipt")
    op.drop_index(
        "uq_enrolment_member_year",
        table_name="enrolment_member",
        postgresql_where=sa.text("exclusion IS NULL"),
    )
    op.drop_index(op.f("ix_enrolment_member_subsidy_bill_id"), table_name="enrolment_member")
    op.drop_table("enrolment_member")
    op.drop_index(op.f("ix_coverage_person_id_coverage_scheme_coverage_valid_from"), table_name="coverage")
    op.drop_index(op.f("ix_coverage_employer_id"), table_name="coverage")
    op.drop_table("coverage")
    op.drop_index(op.f("ix_contribution_base_employment_id"), table_name="contribution_base")
    op.drop_table("contribution_base")
    op.drop_index(op.f("ix_bill_payer_id"), table_name="bill")
    op.drop_index(op.f("ix_bill_enrolment_id"), table_name="bill")
    op.drop_index(op.f("ix_bill_due_on"), table_name="bill", postgresql_where=sa.text("state = 'determined'"))
    op.drop_index(op.f("ix_bill_determination_id"), table_name="bill")
    op.drop_index(op.f("ix_bill_area_bill_bill_id"), table_name="bill")
    op.drop_table("bill")
    op.drop_index(op.f("ix_resident_enrolment_area_resident_enrolment_year"), table_name="resident_enrolment")
    op.drop_table("resident_enrolment")
    op.drop_index(
        "uq_household_member_present",
        table_name="household_member",
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.drop_index(op.f("ix_household_member_household_id"), table_name="household_member")
    op.drop_table("household_member")
    op.drop_index(
        "uq_employment_present", table_name="employment", postgresql_where=sa.text("ended_on IS NULL")
    )
    op.drop_index(op.f("ix_employment_person_id"), table_name="employment")
    op.drop_table("employment")
    op.drop_table("determination_line")
    op.drop_index(op.f("ix_declaration_line_person_id"), table_name="declaration_line")
    op.drop_table("declaration_line")
    op.drop_index(
        op.f("ix_contribution_person_id_contribution_scheme_contribution_period"), table_name="contribution"
    )
    op.drop_table("contribution")
    op.drop_index(op.f("ix_standing_change_employer_id"), table_name="standing_change")
    op.drop_table("standing_change")
    op.drop_index(op.f("ix_record_access_person_id"), table_name="record_access")
    op.drop_table("record_access")
    op.drop_index(op.f("ix_person_correction_person_id"), table_name="person_correction")
    op.drop_table("person_correction")
    op.drop_index(op.f("ix_household_area_household_household_id"), table_name="household")
    op.drop_table("household")
    op.drop_table("employer_scheme")
    op.drop_index(
        "uq_determination_valid", table_name="determination", postgresql_where=sa.text("reversed_at IS NULL")
    )
    op.drop_table("determination")
    op.drop_index(op.f("ix_declaration_employer_id_declaration_declaration_id"), table_name="declaration")
    op.drop_table("declaration")
    op.drop_index(op.f("ix_assistance_person_id_assistance_category"), table_name="assistance")
    op.drop_table("assistance")
    op.drop_index(op.f("ix_person_area_person_person_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_employer_area_employer_employer_id"), table_name="employer")
    op.drop_table("employer")
