data "aws_caller_identity" "current" {}

locals {
  # S3: unique in the world and at most 63 characters, hence the account.
  account = data.aws_caller_identity.current.account_id
  bucket  = "${substr(var.name, 0, 40)}-records-${local.account}"
}

# The lock of an environment, and what each of its releases did.
module "bucket" {
  source = "../bucket"

  name          = local.bucket
  force_destroy = var.force_destroy

  # Old writes of a record or of the lock: nobody reads them after a month.
  old_versions = { rule = "old-writes", days = 30 }
}
