"""drivers"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drivers",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("birth_year", sa.SmallInteger, nullable=False),
        sa.Column("licence_year", sa.SmallInteger),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
    )
    # Nobody has two addresses that differ in capitals alone.
    op.create_index("drivers_email", "drivers", [sa.text("lower(email)")], unique=True)
    op.create_index("drivers_newest", "drivers", ["created_at", "id"])


def downgrade() -> None:
    op.drop_table("drivers")
