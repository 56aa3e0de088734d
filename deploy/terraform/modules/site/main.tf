data "aws_caller_identity" "current" {}

locals {
  # S3: unique in the world and at most 63 characters, hence the account.
  account = data.aws_caller_identity.current.account_id
  bucket  = length(var.name) <= 50 ? "${var.name}-${local.account}" : "${substr(var.name, 0, 43)}-${substr(sha1(var.name), 0, 6)}-${local.account}"
}

# What a site's releases are made of. Every deploy writes over it in place: its versions are the way
# back, and Shipway's prune takes away those that no release needs any more.
resource "aws_s3_bucket" "main" {
  #checkov:skip=CKV_AWS_18: CloudFront is the only reader; its logs are where requests can be seen
  #checkov:skip=CKV_AWS_144: the site is built from source; a second region costs money
  #checkov:skip=CKV_AWS_145: AES256 is encryption at rest too, and what it holds is public by way of CloudFront
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

# A backstop for what prune could not do. It never takes what a kept release needs: both conditions
# must hold, and of one key each release has at most one version.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days           = max(90, ceil(var.keep.days) + 1)
      newer_noncurrent_versions = min(100, var.keep.releases + 10)
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
    sid       = "CloudFrontReads"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.main.arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.main.arn]
    }
  }

  # Without it S3 answers 403 for a key that is not there.
  statement {
    sid       = "CloudFrontSeesWhatIsMissing"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.main.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.main.arn]
    }
  }

  # The releases' manifests. router.js answers 404 before it comes to this.
  statement {
    sid       = "CloudFrontNeverReadsReleases"
    effect    = "Deny"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.main.arn}/.shipway/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
  }

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
