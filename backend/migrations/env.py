"""How Alembic reaches the database: as the service does, by DATABASE_URL, one run at a time.

All revisions of a run are one transaction: a migration that fails leaves what was there.
"""

from app.migrating import run

run()
