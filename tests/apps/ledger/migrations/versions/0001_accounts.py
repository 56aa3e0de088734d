"""accounts"""

revision = "0001"
down_revision = None


def upgrade() -> None:
    print("created accounts")


def downgrade() -> None:
    print("dropped accounts")
