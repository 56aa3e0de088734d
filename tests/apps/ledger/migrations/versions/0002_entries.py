"""entries"""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    print("created entries")


def downgrade() -> None:
    print("dropped entries")
