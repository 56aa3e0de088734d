output "bucket" {
  description = "The bucket's name."
  value       = module.bucket.name
}

output "distribution" {
  description = "The distribution's id."
  value       = aws_cloudfront_distribution.main.id
}

output "url" {
  description = "Where the site is reached."
  value       = "https://${try(var.domain.name, aws_cloudfront_distribution.main.domain_name)}"
}
