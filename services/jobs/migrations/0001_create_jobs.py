"""Create the tables of the job service."""

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
        "assistance_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "categories",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_assistance_copy")),
    )
    op.create_table(
        "employer",
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("verified_by", sa.String(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'verified') = (verified_on IS NOT NULL)", name=op.f("ck_employer_verified")
        ),
        sa.PrimaryKeyConstraint("employer_id", name=op.f("pk_employer")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_employer_credit_code")),
    )
    op.create_index(
        op.f("ix_employer_area_employer_employer_id"), "employer", ["area", "employer_id"], unique=False
    )
    op.create_table(
        "employment_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "employments",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_employment_copy")),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=False),
        sa.Column("id_number_index", sa.String(), nullable=False),
        sa.Column("id_number_masked", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_id_number_index"), "person", ["id_number_index"], unique=False)
    op.create_table(
        "seeker",
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("hukou", sa.String(), nullable=False),
        sa.Column("education", sa.String(), nullable=True),
        sa.Column("able", sa.Boolean(), nullable=False),
        sa.Column("willing", sa.Boolean(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("employer_name", sa.String(), nullable=True),
        sa.Column("farms_own_land", sa.Boolean(), nullable=False),
        sa.Column("land_per_head", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("monthly_income", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("income_source", sa.String(), nullable=True),
        sa.Column("wants_other_work", sa.Boolean(), nullable=False),
        sa.Column(
            "occupations", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("skills", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("groups", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("wage", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("unemployment_cause", sa.String(), nullable=True),
        sa.Column("family_situation", sa.String(), nullable=True),
        sa.Column("placement", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=False),
        sa.Column("unemployed_since", sa.Date(), nullable=True),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'unemployed') = (unemployed_since IS NOT NULL)", name=op.f("ck_seeker_unemployed_since")
        ),
        sa.CheckConstraint("land_per_head IS NULL OR land_per_head >= 0", name=op.f("ck_seeker_land")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_seeker_person_id")),
        sa.PrimaryKeyConstraint("seeker_id", name=op.f("pk_seeker")),
        sa.UniqueConstraint("person_id", name=op.f("uq_seeker_person_id")),
    )
    op.create_index(op.f("ix_seeker_area_seeker_state"), "seeker", ["area", "state"], unique=False)
    op.create_index("ix_seeker_skills", "seeker", ["skills"], unique=False, postgresql_using="gin")
    op.create_table(
        "vacancy",
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("duties", sa.String(), nullable=False),
        sa.Column("occupation", sa.String(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("wage_least", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("wage_most", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("education", sa.String(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("groups", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("public_interest", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'filled') = (taken = places)", name=op.f("ck_vacancy_filled")),
        sa.CheckConstraint(
            "state NOT IN ('published', 'filled') OR published_on IS NOT NULL",
            name=op.f("ck_vacancy_published"),
        ),
        sa.CheckConstraint("places > 0 AND taken >= 0 AND taken <= places", name=op.f("ck_vacancy_places")),
        sa.CheckConstraint(
            "wage_most IS NULL OR wage_least IS NULL OR wage_most >= wage_least", name=op.f("ck_vacancy_wage")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_vacancy_employer_id")
        ),
        sa.PrimaryKeyConstraint("vacancy_id", name=op.f("pk_vacancy")),
    )
    op.create_index(
        op.f("ix_vacancy_area_vacancy_state_vacancy_vacancy_id"),
        "vacancy",
        ["area", "state", "vacancy_id"],
        unique=False,
    )
    op.create_index(op.f("ix_vacancy_employer_id"), "vacancy", ["employer_id"], unique=False)
    op.create_table(
        "assistance_request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("promise_holds", sa.Boolean(), nullable=False),
        sa.Column("promise_ended_because", sa.String(), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.String(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("placed_on", sa.Date(), nullable=True),
        sa.Column("followed_up_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_assistance_request_closed")
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR followed_up_on IS NOT NULL", name=op.f("ck_assistance_request_followed_up")
        ),
        sa.CheckConstraint(
            "(verified_on IS NULL) = (due_on IS NULL)", name=op.f("ck_assistance_request_clock")
        ),
        sa.ForeignKeyConstraint(
            ["seeker_id"], ["seeker.seeker_id"], name=op.f("fk_assistance_request_seeker_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_assistance_request")),
        sa.UniqueConstraint("serial", name=op.f("uq_assistance_request_serial")),
    )
    op.create_index(
        op.f("ix_assistance_request_area_assistance_request_due_on"),
        "assistance_request",
        ["area", "due_on"],
        unique=False,
    )
    op.create_index(
        "uq_assistance_request_open",
        "assistance_request",
        ["seeker_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('closed', 'refused')"),
    )
    op.create_table(
        "certification",
        sa.Column("certification_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "working",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "parameters", postgresql.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.CheckConstraint("valid_until > granted_on", name=op.f("ck_certification_period")),
        sa.ForeignKeyConstraint(["seeker_id"], ["seeker.seeker_id"], name=op.f("fk_certification_seeker_id")),
        sa.PrimaryKeyConstraint("certification_id", name=op.f("pk_certification")),
        sa.UniqueConstraint("case_id", name=op.f("uq_certification_case_id")),
        sa.UniqueConstraint("serial", name=op.f("uq_certification_serial")),
    )
    op.create_index(
        op.f("ix_certification_seeker_id_certification_category"),
        "certification",
        ["seeker_id", "category"],
        unique=False,
    )
    op.create_table(
        "introduction",
        sa.Column("introduction_id", sa.Uuid(), nullable=False),
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "match",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("interview_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_hired", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("introduced_by", sa.String(), nullable=False),
        sa.Column("introduced_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'not_hired') = (not_hired IS NOT NULL)", name=op.f("ck_introduction_not_hired_because")
        ),
        sa.CheckConstraint(
            "(state IN ('hired', 'not_hired')) = (ended_on IS NOT NULL)", name=op.f("ck_introduction_ended")
        ),
        sa.ForeignKeyConstraint(["seeker_id"], ["seeker.seeker_id"], name=op.f("fk_introduction_seeker_id")),
        sa.ForeignKeyConstraint(
            ["vacancy_id"], ["vacancy.vacancy_id"], name=op.f("fk_introduction_vacancy_id")
        ),
        sa.PrimaryKeyConstraint("introduction_id", name=op.f("pk_introduction")),
    )
    op.create_index(op.f("ix_introduction_seeker_id"), "introduction", ["seeker_id"], unique=False)
    op.create_index(op.f("ix_introduction_vacancy_id"), "introduction", ["vacancy_id"], unique=False)
    op.create_index(
        "uq_introduction_open",
        "introduction",
        ["vacancy_id", "seeker_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('introduced', 'interview')"),
    )
    op.create_table(
        "seeker_change",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column(
            "changed",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seeker_id"], ["seeker.seeker_id"], name=op.f("fk_seeker_change_seeker_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_seeker_change")),
    )
    op.create_index(op.f("ix_seeker_change_seeker_id"), "seeker_change", ["seeker_id"], unique=False)
    op.create_table(
        "assistance_offer",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("introduction_id", sa.Uuid(), nullable=False),
        sa.Column("offered_by", sa.String(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(accepted IS NULL) = (answered_on IS NULL)", name=op.f("ck_assistance_offer_answered")
        ),
        sa.ForeignKeyConstraint(
            ["introduction_id"],
            ["introduction.introduction_id"],
            name=op.f("fk_assistance_offer_introduction_id"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["assistance_request.request_id"], name=op.f("fk_assistance_offer_request_id")
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_assistance_offer")),
        sa.UniqueConstraint("introduction_id", name=op.f("uq_assistance_offer_introduction_id")),
    )
    op.create_index(op.f("ix_assistance_offer_request_id"), "assistance_offer", ["request_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["assistance_request.request_id"], name=op.f("fk_follow_up_request_id")
        ),
        sa.PrimaryKeyConstraint("follow_up_id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_request_id"), "follow_up", ["request_id"], unique=False)
    op.create_table(
        "hiring_record",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("seeker_id", sa.Uuid(), nullable=False),
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("introduction_id", sa.Uuid(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.employer_id"], name=op.f("fk_hiring_record_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["introduction_id"],
            ["introduction.introduction_id"],
            name=op.f("fk_hiring_record_introduction_id"),
        ),
        sa.ForeignKeyConstraint(["seeker_id"], ["seeker.seeker_id"], name=op.f("fk_hiring_record_seeker_id")),
        sa.ForeignKeyConstraint(
            ["vacancy_id"], ["vacancy.vacancy_id"], name=op.f("fk_hiring_record_vacancy_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_hiring_record")),
        sa.UniqueConstraint("introduction_id", name=op.f("uq_hiring_record_introduction_id")),
    )
    op.create_index(op.f("ix_hiring_record_employer_id"), "hiring_record", ["employer_id"], unique=False)
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
    op.drop_index(op.f("ix_hiring_record_employer_id"), table_name="hiring_record")
    op.drop_table("hiring_record")
    op.drop_index(op.f("ix_follow_up_request_id"), table_name="follow_up")
    op.drop_table("follow_up")
    op.drop_index(op.f("ix_assistance_offer_request_id"), table_name="assistance_offer")
    op.drop_table("assistance_offer")
    op.drop_index(op.f("ix_seeker_change_seeker_id"), table_name="seeker_change")
    op.drop_table("seeker_change")
    op.drop_index(
        "uq_introduction_open",
        table_name="introduction",
        postgresql_where=sa.text("state IN ('introduced', 'interview')"),
    )
    op.drop_index(op.f("ix_introduction_vacancy_id"), table_name="introduction")
    op.drop_index(op.f("ix_introduction_seeker_id"), table_name="introduction")
    op.drop_table("introduction")
    op.drop_index(op.f("ix_certification_seeker_id_certification_category"), table_name="certification")
    op.drop_table("certification")
    op.drop_index(
        "uq_assistance_request_open",
        table_name="assistance_request",
        postgresql_where=sa.text("state NOT IN ('closed', 'refused')"),
    )
    op.drop_index(
        op.f("ix_assistance_request_area_assistance_request_due_on"), table_name="assistance_request"
    )
    op.drop_table("assistance_request")
    op.drop_index(op.f("ix_vacancy_employer_id"), table_name="vacancy")
    op.drop_index(op.f("ix_vacancy_area_vacancy_state_vacancy_vacancy_id"), table_name="vacancy")
    op.drop_table("vacancy")
    op.drop_index("ix_seeker_skills", table_name="seeker", postgresql_using="gin")
    op.drop_index(op.f("ix_seeker_area_seeker_state"), table_name="seeker")
    op.drop_table("seeker")
    op.drop_index(op.f("ix_person_id_number_index"), table_name="person")
    op.drop_table("person")
    op.drop_table("employment_copy")
    op.drop_index(op.f("ix_employer_area_employer_employer_id"), table_name="employer")
    op.drop_table("employer")
    op.drop_table("assistance_copy")
