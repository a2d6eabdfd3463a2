"""Runs the migrations of the service that `services.kit.migrations` chose."""

from alembic import context
from sqlalchemy import Connection, text

from services.kit.migrations.__main__ import LOCK, Target

target: Target = context.config.attributes["target"]


def run(connection: Connection) -> None:
    # Two jobs may start at once; the second waits and then finds nothing to do. A migration sets its own time-outs.
    for name in ("lock_timeout", "statement_timeout"):
        connection.execute(text(f"SET {name} = 0"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=target.metadata(),
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=True,
        include_object=target.includes,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


run(context.config.attributes["connection"])
