"""Alembic's entry: run the migrations on the connection that `data.casebook.revisions` opened."""

from alembic import context

from data.casebook.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
