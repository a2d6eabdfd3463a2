"""Create the tables of the archive."""

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
        "access_log",
        sa.Column("access_log_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=True),
        sa.Column("piece_id", sa.Uuid(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("access_log_id", name=op.f("pk_access_log")),
    )
    op.create_index("ix_access_log_area", "access_log", ["area", "access_log_id"], unique=False)
    op.create_table(
        "destruction_list",
        sa.Column("destruction_list_id", sa.Uuid(), nullable=False),
        sa.Column("list_number", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("drawn_up_by", sa.String(), nullable=False),
        sa.Column("drawn_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_by", sa.String(), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("destruction_list_id", name=op.f("pk_destruction_list")),
        sa.UniqueConstraint("area", "list_number", name=op.f("uq_destruction_list_area_list_number")),
    )
    op.create_table(
        "piece_counter",
        sa.Column("fonds_code", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fonds_code", "category", "year", "retention", name=op.f("pk_piece_counter")),
    )
    op.create_table(
        "transfer",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("declared_pieces", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_by", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_pieces", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.CheckConstraint("decided_by <> submitted_by", name=op.f("ck_transfer_another_person")),
        sa.CheckConstraint("declared_pieces > 0", name=op.f("ck_transfer_declared_pieces")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_transfer")),
    )
    op.create_table(
        "destruction_approval",
        sa.Column("destruction_list_id", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_list_id"],
            ["destruction_list.destruction_list_id"],
            name=op.f("fk_destruction_approval_destruction_list_id"),
        ),
        sa.PrimaryKeyConstraint("destruction_list_id", "approved_by", name=op.f("pk_destruction_approval")),
    )
    op.create_table(
        "destruction_consent",
        sa.Column("destruction_list_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("document_number", sa.String(), nullable=False),
        sa.Column("consented_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_list_id"],
            ["destruction_list.destruction_list_id"],
            name=op.f("fk_destruction_consent_destruction_list_id"),
        ),
        sa.PrimaryKeyConstraint("destruction_list_id", "authority", name=op.f("pk_destruction_consent")),
    )
    op.create_table(
        "piece",
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("piece_number", sa.String(), nullable=False),
        sa.Column("fonds_code", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("retention", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("follows_source_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("responsible_party", sa.String(), nullable=False),
        sa.Column("formed_on", sa.Date(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("current_retention", sa.String(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.Column("retention_source", sa.String(), nullable=False),
        sa.Column("openness", sa.String(), nullable=False),
        sa.Column("secrecy", sa.String(), nullable=False),
        sa.Column("is_accounting", sa.Boolean(), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("required_papers", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("missing_papers", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("completeness", sa.String(), nullable=False),
        sa.Column("holding", sa.String(), nullable=False),
        sa.Column("destruction_list_id", sa.Uuid(), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(completeness = 'complete') = (cardinality(missing_papers) = 0)",
            name=op.f("ck_piece_missing_papers"),
        ),
        sa.CheckConstraint(
            "(current_retention = 'permanent') = (retain_until IS NULL)", name=op.f("ck_piece_retain_until")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_piece_number")),
        sa.CheckConstraint("pages >= 0", name=op.f("ck_piece_pages")),
        sa.ForeignKeyConstraint(
            ["destruction_list_id"],
            ["destruction_list.destruction_list_id"],
            name=op.f("fk_piece_destruction_list_id"),
        ),
        sa.PrimaryKeyConstraint("piece_id", name=op.f("pk_piece")),
        sa.UniqueConstraint(
            "fonds_code", "category", "year", "retention", "number", name="uq_piece_series_number"
        ),
        sa.UniqueConstraint("kind", "source_id", name="uq_piece_kind_source_id"),
        sa.UniqueConstraint("piece_number", name=op.f("uq_piece_piece_number")),
    )
    op.create_index("ix_piece_area_formed_on", "piece", ["area", "formed_on", "piece_id"], unique=False)
    op.create_index(
        "ix_piece_follows_source_id",
        "piece",
        ["follows_source_id"],
        unique=False,
        postgresql_where=sa.text("follows_source_id IS NOT NULL"),
    )
    op.create_index(
        "ix_piece_retain_until",
        "piece",
        ["area", "retain_until"],
        unique=False,
        postgresql_where=sa.text("retain_until IS NOT NULL"),
    )
    op.create_table(
        "destruction_piece",
        sa.Column("destruction_list_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_list_id"],
            ["destruction_list.destruction_list_id"],
            name=op.f("fk_destruction_piece_destruction_list_id"),
        ),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_destruction_piece_piece_id")),
        sa.PrimaryKeyConstraint("destruction_list_id", "piece_id", name=op.f("pk_destruction_piece")),
    )
    op.create_index(op.f("ix_destruction_piece_piece_id"), "destruction_piece", ["piece_id"], unique=False)
    op.create_table(
        "movement",
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_by", sa.String(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_movement_piece_id")),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_movement")),
    )
    op.create_index(op.f("ix_movement_moved_on"), "movement", ["moved_on"], unique=False)
    op.create_index("ix_movement_piece_id", "movement", ["piece_id", "movement_id"], unique=False)
    op.create_table(
        "paper",
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "carrier <> 'electronic' OR sha256 IS NOT NULL", name=op.f("ck_paper_electronic_digest")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_paper_sha256")),
        sa.CheckConstraint("pages > 0", name=op.f("ck_paper_pages")),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_paper_piece_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper")),
        sa.UniqueConstraint("piece_id", "place", name=op.f("uq_paper_piece_id_place")),
    )
    op.create_table(
        "piece_change",
        sa.Column("piece_change_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_piece_change_piece_id")),
        sa.PrimaryKeyConstraint("piece_change_id", name=op.f("pk_piece_change")),
    )
    op.create_index(op.f("ix_piece_change_piece_id"), "piece_change", ["piece_id"], unique=False)
    op.create_table(
        "piece_search",
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("search_terms", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_piece_search_piece_id")),
        sa.PrimaryKeyConstraint("piece_id", name=op.f("pk_piece_search")),
    )
    op.create_index(
        "ix_piece_search_search_terms", "piece_search", ["search_terms"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "piece_use",
        sa.Column("use_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("reader_name", sa.String(), nullable=False),
        sa.Column("reader_organisation", sa.String(), nullable=True),
        sa.Column("identity_document", sa.String(), nullable=False),
        sa.Column("copy_pages", sa.Integer(), nullable=True),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.Column("handed_out_by", sa.String(), nullable=True),
        sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effect", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state <> 'closed' OR (closed_at IS NOT NULL AND effect IS NOT NULL)",
            name=op.f("ck_piece_use_closed"),
        ),
        sa.CheckConstraint(
            "state <> 'handed_out' OR form <> 'loan' OR due_on IS NOT NULL", name=op.f("ck_piece_use_due_on")
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'handed_out', 'closed') OR form = 'reading' OR decided_by IS NOT NULL",
            name=op.f("ck_piece_use_approved"),
        ),
        sa.CheckConstraint("decided_by <> applied_by", name=op.f("ck_piece_use_another_person")),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_piece_use_piece_id")),
        sa.PrimaryKeyConstraint("use_id", name=op.f("pk_piece_use")),
    )
    op.create_index(
        "ix_piece_use_due_on",
        "piece_use",
        ["area", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'handed_out' AND form = 'loan'"),
    )
    op.create_index(op.f("ix_piece_use_piece_id"), "piece_use", ["piece_id"], unique=False)
    op.create_index(
        "uq_piece_use_piece_id_lent",
        "piece_use",
        ["piece_id"],
        unique=True,
        postgresql_where=sa.text("state = 'handed_out' AND form = 'loan'"),
    )
    op.create_table(
        "transfer_piece",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("piece_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.piece_id"], name=op.f("fk_transfer_piece_piece_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.transfer_id"], name=op.f("fk_transfer_piece_transfer_id")
        ),
        sa.PrimaryKeyConstraint("transfer_id", "piece_id", name=op.f("pk_transfer_piece")),
    )
    op.create_index(op.f("ix_transfer_piece_piece_id"), "transfer_piece", ["piece_id"], unique=False)
    op.create_table(
        "fixity_check",
        sa.Column("fixity_check_id", sa.Uuid(), nullable=False),
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("found", sa.String(), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("checked_by", sa.String(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("intact = (expected = found)", name=op.f("ck_fixity_check_intact")),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.paper_id"], name=op.f("fk_fixity_check_paper_id")),
        sa.PrimaryKeyConstraint("fixity_check_id", name=op.f("pk_fixity_check")),
    )
    op.create_index(op.f("ix_fixity_check_paper_id"), "fixity_check", ["paper_id"], unique=False)
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
    op.drop_index(op.f("ix_fixity_check_paper_id"), table_name="fixity_check")
    op.drop_table("fixity_check")
    op.drop_index(op.f("ix_transfer_piece_piece_id"), table_name="transfer_piece")
    op.drop_table("transfer_piece")
    op.drop_index(
        "uq_piece_use_piece_id_lent",
        table_name="piece_use",
        postgresql_where=sa.text("state = 'handed_out' AND form = 'loan'"),
    )
    op.drop_index(op.f("ix_piece_use_piece_id"), table_name="piece_use")
    op.drop_index(
        "ix_piece_use_due_on",
        table_name="piece_use",
        postgresql_where=sa.text("state = 'handed_out' AND form = 'loan'"),
    )
    op.drop_table("piece_use")
    op.drop_index("ix_piece_search_search_terms", table_name="piece_search", postgresql_using="gin")
    op.drop_table("piece_search")
    op.drop_index(op.f("ix_piece_change_piece_id"), table_name="piece_change")
    op.drop_table("piece_change")
    op.drop_table("paper")
    op.drop_index("ix_movement_piece_id", table_name="movement")
    op.drop_index(op.f("ix_movement_moved_on"), table_name="movement")
    op.drop_table("movement")
    op.drop_index(op.f("ix_destruction_piece_piece_id"), table_name="destruction_piece")
    op.drop_table("destruction_piece")
    op.drop_index(
        "ix_piece_retain_until", table_name="piece", postgresql_where=sa.text("retain_until IS NOT NULL")
    )
    op.drop_index(
        "ix_piece_follows_source_id",
        table_name="piece",
        postgresql_where=sa.text("follows_source_id IS NOT NULL"),
    )
    op.drop_index("ix_piece_area_formed_on", table_name="piece")
    op.drop_table("piece")
    op.drop_table("destruction_consent")
    op.drop_table("destruction_approval")
    op.drop_table("transfer")
    op.drop_table("piece_counter")
    op.drop_table("destruction_list")
    op.drop_index("ix_access_log_area", table_name="access_log")
    op.drop_table("access_log")
