"""Migrations: Alembic's revisions, what a database has of them, and what a deploy would run."""
