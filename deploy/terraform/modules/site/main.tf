data "aws_caller_identity" "current" {}

locals {
  # S3: unique in the world and at most 63 characters, hence the account.
  account = data.aws_caller_identity.current.account_id
  bucket  = length(var.name) <= 50 ? "${var.name}-${local.account}" : "${substr(var.name, 0, 43)}-${substr(sha1(var.name), 0, 6)}-${local.account}"
}

# What a site's releases are made of. Every deploy writes over it in place: its versions are the way
# back, and Shipway's prune takes away those that no release needs any more.
module "bucket" {
  source = "../bucket"

  name          = local.bucket
  force_destroy = var.force_destroy
  policies      = [data.aws_iam_policy_document.bucket.json]

  # A backstop for what prune could not do. It never takes what a kept release needs: both
  # conditions must hold, and of one key each release has at most one version.
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
  old_versions = {
    rule = "leftovers"
    days = max(90, ceil(var.keep.days) + 1)
    keep = min(100, var.keep.releases + 10)
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "CloudFrontReads"
    actions   = ["s3:GetObject"]
    resources = ["${module.bucket.arn}/*"]

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
    resources = [module.bucket.arn]

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
    resources = ["${module.bucket.arn}/.shipway/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
  }
}
