output "bucket" {
  description = "The bucket of the lock and of the releases' records."
  value       = aws_s3_bucket.main.id
}
