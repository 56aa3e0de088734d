output "name" {
  description = "The bucket's name."
  value       = aws_s3_bucket.main.id

  # A deploy writes versions: none may be lost because versioning came later.
  depends_on = [aws_s3_bucket_versioning.main]
}

output "arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.main.arn
}

output "domain_name" {
  description = "The bucket's name in DNS, with its region."
  value       = aws_s3_bucket.main.bucket_regional_domain_name
}
