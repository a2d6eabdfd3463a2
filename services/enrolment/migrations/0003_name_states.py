"""Call the state of bills and yearly enrolments `state`, as every other service does.

A rename breaks the code before it: it is one step only because nothing was released yet.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("bill", "resident_enrolment")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.alter_column(table, "status", new_column_name="state")
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT ck_{table}_status TO ck_{table}_state")


def downgrade() -> None:
    for table in TABLES:
        op.alter_column(table, "state", new_column_name="status")
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT ck_{table}_state TO ck_{table}_status")
