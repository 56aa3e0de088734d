output "bucket" {
  description = "The bucket's name."
  value       = aws_s3_bucket.main.bucket

  # A deploy writes versions: none may be lost because versioning came later.
  depends_on = [aws_s3_bucket_versioning.main]
}

output "distribution" {
  description = "The distribution's id."
  value       = aws_cloudfront_distribution.main.id
}

output "url" {
  description = "Where the site is reached."
  value       = "https://${try(var.domain.name, aws_cloudfront_distribution.main.domain_name)}"
}
