"""trips"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trips",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "driver_id",
            sa.Uuid,
            sa.ForeignKey("drivers.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_km", sa.Double, nullable=False),
        sa.Column("minutes", sa.Double, nullable=False),
        sa.Column("harsh_brakes", sa.Integer, nullable=False),
        sa.Column("night_share", sa.Double, nullable=False),
        sa.Column("score", sa.SmallInteger, nullable=False),
    )
    op.create_index("trips_of_driver", "trips", ["driver_id", "started_at", "id"])


def downgrade() -> None:
    op.drop_table("trips")
