data "aws_caller_identity" "current" {}

locals {
  # S3: unique in the world and at most 63 characters, hence the account.
  account = data.aws_caller_identity.current.account_id
  bucket  = "${substr(var.name, 0, 40)}-records-${local.account}"
}

# The lock of an environment, and what each of its releases did.
resource "aws_s3_bucket" "main" {
  #checkov:skip=CKV_AWS_18: only deploys read and write it, and each leaves a record of itself
  #checkov:skip=CKV_AWS_144: a second region costs money; what runs is not lost with it
  #checkov:skip=CKV_AWS_145: AES256 is encryption at rest too, and it holds no secrets
  #checkov:skip=CKV2_AWS_62: nothing waits for events
  bucket        = local.bucket
  force_destroy = var.force_destroy
  tags          = { Name = local.bucket }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Old writes of a record or of the lock: nobody reads them after a month.
resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    id     = "old-writes"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.main]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses two changes of a bucket's access at a time.
  depends_on = [aws_s3_bucket_public_access_block.main, aws_s3_bucket_ownership_controls.main]
}
